// What a staff page loads.
export * from "../vault/unseal";
