# El lado del personal.

staff-nav = Secciones
staff-sign-out = Salir
staff-no-script = Esta parte necesita JavaScript: las llaves se usan solo en su navegador.
role-analyst = Analista
role-officer = Oficial de identidad
role-auditor = Auditoría
role-administrator = Administración

sign-in-title = Entrar
sign-in-email = Correo institucional
sign-in-password = Contraseña
sign-in-hint = No sale de este navegador: aquí mismo abre sus llaves. Tarda unos segundos.
sign-in-send = Entrar

inbox-title = Casos
inbox-overdue =
    { $count ->
        [0] Ninguno vencido
        [one] Un caso vencido
       *[other] { $count } casos vencidos
    }
inbox-filter = Filtrar
inbox-empty = No hay casos con estos filtros.
inbox-number = Caso
inbox-due = Vence
inbox-late = vencido
inbox-unread = sin leer
inbox-state = Estado
inbox-kind = Tipo y categoría
inbox-place = Lugar
inbox-area = Área
inbox-received = Recibido
inbox-pages = Páginas
inbox-previous = Anteriores
inbox-next = Siguientes

desk-title = Identidades
log-title = Registro
overview-title = Estado general
