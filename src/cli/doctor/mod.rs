//! `sigilo doctor`: examines everything that an installation needs and says what to do. It changes nothing.

mod channels;
mod command;
mod findings;
mod installation;
mod network;

pub(crate) use self::command::{Doctor, run};
