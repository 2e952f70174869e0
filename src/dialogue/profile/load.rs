//! Reads a profile from its file.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::types::Profile;
use super::validate;

/// A profile that cannot be used, and the reason.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("cannot read the profile {}: {source}. Check `profile` in the configuration", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the profile does not parse: {0}")]
    Parse(#[from] toml::de::Error),
    #[error("the profile has mistakes:\n- {}", .0.join("\n- "))]
    Invalid(Vec<String>),
    #[error("{}: {error}", path.display())]
    InFile { path: PathBuf, error: Box<Self> },
}

impl Profile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ProfileError`], which names the file.
    pub fn load(path: &Path) -> Result<Self, ProfileError> {
        let text = fs::read_to_string(path).map_err(|source| ProfileError::Read {
            path: path.into(),
            source,
        })?;
        Self::parse(&text).map_err(|error| ProfileError::InFile {
            path: path.into(),
            error: Box::new(error),
        })
    }

    /// Parses and checks the text of a profile.
    ///
    /// # Errors
    /// [`ProfileError::Parse`] with the line, or [`ProfileError::Invalid`] with all mistakes at once.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text)?;
        let problems = validate::find_problems(&profile);
        if problems.is_empty() {
            Ok(profile)
        } else {
            Err(ProfileError::Invalid(problems))
        }
    }
}
