//! The accounts of the demo: one for each role, and a second analyst.

use crate::domain::role::Role;

/// The password of every account of the demo.
pub(super) const PASSWORD: &str = "sigilo de prueba";
pub(super) struct Account {
    pub(super) email: &'static str,
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) areas: &'static [&'static str],
    /// A short description for the printed table.
    pub(super) description: &'static str,
}

pub(super) const ACCOUNTS: [Account; 6] = [
    Account {
        email: "analista@demo.test",
        name: "Analista de prueba",
        role: Role::Analyst,
        areas: &["transparencia", "farmacia-y-abastecimiento", "gestion-medica"],
        description: "denuncias, medicines, waiting: works cases, cannot see identities",
    },
    Account {
        email: "analista2@demo.test",
        name: "Segunda analista de prueba",
        role: Role::Analyst,
        areas: &["servicio-al-usuario", "gestion-medica", "prestaciones"],
        description: "quejas: shares only the waiting with the first one",
    },
    Account {
        email: "oficial@demo.test",
        name: "Oficial de prueba",
        role: Role::Officer,
        areas: &["mesa-de-identidad"],
        description: "unseals identities, under audit; cannot read the stories",
    },
    Account {
        email: "auditora@demo.test",
        name: "Auditora de prueba",
        role: Role::Auditor,
        areas: &[],
        description: "reads and verifies the log",
    },
    Account {
        email: "admin@demo.test",
        name: "Administrador de prueba",
        role: Role::Administrator,
        areas: &[],
        description: "sees staff, areas, health; reads nothing sealed",
    },
    Account {
        email: "ventanilla@demo.test",
        name: "Ventanilla de prueba",
        role: Role::Clerk,
        areas: &[],
        description: "files for people at the counter or by phone; reads nothing afterwards",
    },
];
