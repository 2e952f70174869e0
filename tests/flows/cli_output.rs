//! The command line when its output has no reader, or no room.

use crate::support::program::Installation;

/// As in `sigilo doctor | head -1`: the reader is gone before anything is written.
#[test]
fn a_reader_who_is_gone_stops_no_command() {
    let installation = Installation::ready();
    for (arguments, code) in [
        (["doctor"].as_slice(), 0),
        (&["doctor", "--config", "no.toml"], 1),
        (&["audit", "verify"], 0),
        (&["audit", "export", "--to", "log"], 0),
        (&["roster", "propose"], 0),
        (&["keys", "new", "more"], 0),
        (&["keys", "backup", "more.key"], 0),
        (&["roster", "publish", "no.signed"], 1),
        (&["--help"], 0),
        (&["--version"], 0),
    ] {
        let output = installation.run_without_readers(arguments);
        assert_eq!(output, Some(code), "{arguments:?}");
    }
    for made in ["log/checkpoint", "more/authority.toml", "more.key"] {
        assert!(installation.path(made).exists(), "{made}");
    }
    // A disk that is full is another matter: what was printed is lost.
    let text = installation.run_into_a_full_disk(&["keys", "new", "again"]);
    assert!(text.contains("standard output") && text.contains("next: "), "{text}");
}
