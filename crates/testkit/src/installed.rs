//! Sets up an installation in a folder with the program's own commands. The caller runs each command, with its input.

use sigilo::dialogue::Profile;

/// The password of every account.
pub const PASSWORD: &str = "una clave de prueba";

/// The `sigilo.toml` of a folder with the key files.
pub fn configuration(listen: &str, database: &str) -> String {
    let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/../../profiles/iess.toml");
    format!(
        "listen = \"{listen}\"\npublic_url = \"http://localhost:8080\"\ndatabase = \"{database}\"\n\
         profile = \"{profile}\"\nkeys = \"keys.toml\"\n[witness]\nkeys = \"witness.toml\"\nfolder = \"witness\"\n"
    )
}

/// Makes the database, one analyst of all areas, one officer and one auditor, without a roster.
pub fn staff(done: impl Fn(&[&str], &str)) {
    done(&["init"], "");
    let profile = Profile::parse(include_str!("../../../profiles/iess.toml")).unwrap();
    let areas = profile.areas.iter().map(|area| area.id.as_str());
    let areas: Vec<&str> = areas.filter(|area| *area != profile.desk).collect();
    add(&done, "analista@sigilo.test", "analyst", &areas);
    add(&done, "oficial@sigilo.test", "officer", &[&profile.desk]);
    add(&done, "auditoria@sigilo.test", "auditor", &[]);
}

/// Adds a member.
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

/// Proposes, signs and publishes the first roster.
pub fn sign(done: impl Fn(&[&str], &str)) {
    done(&["roster", "propose"], "");
    done(&["authority", "sign", "--yes"], "");
    done(&["roster", "publish"], "");
}
