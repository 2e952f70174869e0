//! An installation in a folder, made ready by the program's own commands: for the tests and, by its path, for the benches.
//! Whoever uses it says how a command is run, with what is typed.

use sigilo::dialogue::Profile;

/// What every member types.
pub const PASSWORD: &str = "una clave de prueba";

/// `sigilo.toml` of a folder with the key files in it.
pub fn configuration(listen: &str, database: &str) -> String {
    let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/../../profiles/iess.toml");
    format!(
        "listen = \"{listen}\"\npublic_url = \"http://localhost:8080\"\ndatabase = \"{database}\"\n\
         profile = \"{profile}\"\nkeys = \"keys.toml\"\n[witness]\nkeys = \"witness.toml\"\nfolder = \"witness\"\n"
    )
}

/// A database, one analyst of every area and one officer; no roster yet.
pub fn staff(done: impl Fn(&[&str], &str)) {
    done(&["init"], "");
    let profile = Profile::parse(include_str!("../../../profiles/iess.toml")).unwrap();
    let areas = profile.areas.iter().map(|area| area.id.as_str());
    let areas: Vec<&str> = areas.filter(|area| *area != profile.desk).collect();
    add(&done, "analista@sigilo.test", "analyst", &areas);
    add(&done, "oficial@sigilo.test", "officer", &[&profile.desk]);
}

/// One more member.
pub fn add(done: impl Fn(&[&str], &str), email: &str, role: &str, areas: &[&str]) {
    let mut arguments = vec![
        "staff",
        "add",
        "--email",
        email,
        "--name",
        "Persona de prueba",
        "--role",
        role,
    ];
    arguments.extend(areas.iter().flat_map(|area| ["--area", area]));
    done(&arguments, &format!("{PASSWORD}\n"));
}

/// The first roster, in force.
pub fn sign(done: impl Fn(&[&str], &str)) {
    done(&["roster", "propose"], "");
    done(&["authority", "sign", "--yes"], "");
    done(&["roster", "publish"], "");
}
