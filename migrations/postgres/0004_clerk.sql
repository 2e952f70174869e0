-- A further role: the clerk, who files for people at the counter or on the telephone and reads nothing afterwards.

ALTER TABLE staff DROP CONSTRAINT staff_role_check;
ALTER TABLE staff ADD CONSTRAINT staff_role_check CHECK (role IN ('analyst', 'officer', 'auditor', 'administrator', 'clerk'));
