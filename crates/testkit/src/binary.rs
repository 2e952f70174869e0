//! The program under test.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

/// Limit for an answer of the program.
pub const PROGRAM_TIMEOUT: Duration = Duration::from_mins(1);

/// The path of the program. Cargo builds it together with tests and benches.
pub fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        // Tests and benches lie in `target/<profile>/deps`.
        let own = std::env::current_exe().unwrap();
        let path = own.ancestors().nth(2).unwrap().join("sigilo");
        assert!(path.exists(), "{} is not built: cargo build", path.display());
        path
    });
    &PROGRAM
}
