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
inbox-first = Al principio
inbox-all = Todos
inbox-category = Categoría
inbox-next = Siguientes

desk-title = Identidades
log-title = Registro
overview-title = Estado general

case-back = Volver a los casos
case-report = Lo que se reportó
case-message = Mensaje a quien reporta
case-message-hint = Lo verá al volver con su recibo. Se cifra aquí antes de enviarse.
case-message-send = Enviar mensaje cifrado
case-notes = Notas internas
case-note = Nota nueva
case-note-hint = Solo la lee su área.
case-note-send = Guardar nota
case-facets = Datos del caso
case-decide = Cambiar estado
case-reason = Motivo

validation-title = Identidad
validation-nothing = Este reporte se hizo sin datos personales.
validation-not-asked = Sellada. Puede pedir que el oficial de identidad la valide.
validation-asked = Se pidió la validación; espera al oficial de identidad.
validation-valid = Validada: la persona existe y confirmó sus datos.
validation-mismatch = Los datos no coinciden.
validation-unreachable = No se pudo ubicar a la persona.
validation-why = ¿Para qué hace falta?
validation-ask = Pedir validación

desk-empty = Nadie espera una validación.
desk-asked-on = Pedida
desk-asked-by = Por
desk-back = Volver a las identidades
desk-request = Lo que pide el área
unseal-title = Abrir la identidad
unseal-trace = Queda escrito en el registro y en el diario del testigo, y quien reportó lo verá con su recibo.
unseal-class = Clase de motivo
unseal-text = Motivo
unseal-text-hint = Lo leerán la auditoría y el testigo. No ponga datos de la persona.
unseal-password = Su contraseña
unseal-send = Pedir y abrir
verdict-title = Veredicto
verdict-text = Detalle de las comprobaciones
verdict-valid = Válida
verdict-mismatch = No coincide
verdict-unreachable = No se pudo ubicar
verdict-send = Guardar veredicto
check-document = Documento
check-phone = Teléfono
check-email = Correo
check-outcome = Resultado
check-not-made = Sin comprobar
check-yes = Confirmado
check-no = No confirmado
check-day = Día

case-history = Historia
case-from-reporter = Reportante
event-validation-requested = Se pidió validar la identidad
facet-kind = Tipo
facet-province = Provincia
facet-establishment = Establecimiento
facet-channel = Canal
facet-sealed-by = Se cifró en
channel-web = Chat web
channel-whatsapp = WhatsApp
channel-desk = Ventanilla
sealed-by-server = El servidor
sealed-by-browser = El navegador de quien reporta
