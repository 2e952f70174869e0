# El lado del personal.

staff-nav = Secciones
staff-sign-out = Salir
staff-no-script = Esta parte necesita JavaScript: las llaves se usan solo en su navegador.
role-analyst = Analista
role-officer = Oficial de identidad
role-auditor = Auditoría
role-administrator = Administración
role-clerk = Ventanilla

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
inbox-overdue-many = Más de 999 casos vencidos
inbox-find = Número de caso
inbox-number-wrong = Eso no es un número de caso. Se ve así: 2026-K7Q2M9-4; el último signo es de control.
inbox-number-none = Ningún caso de sus áreas tiene ese número.
inbox-state-open = Abiertos
inbox-sort = Orden
inbox-sort-deadline = Vencidos primero
inbox-sort-newest = Recientes primero
inbox-sort-oldest = Antiguos primero
inbox-further = Más filtros
inbox-verdict = Identidad
inbox-verdict-none = Sin veredicto
inbox-verdict-valid = Identidad válida
inbox-verdict-mismatch = Identidad no coincide
inbox-verdict-unreachable = No se ubicó a la persona
inbox-only-overdue = Solo vencidos
inbox-only-unread = Solo sin leer
inbox-clear = Quitar filtros
inbox-unfinished = Se buscó hasta el { $day } y puede haber más.
inbox-continue = Seguir buscando
due-in = { $days ->
    [0] vence hoy
    [one] vence mañana
   *[other] vence en { $days } días
}
due-ago = { $days ->
    [one] vencido desde ayer
   *[other] vencido hace { $days } días
}

desk-title = Identidades
log-title = Registro
overview-title = Estado general

case-back = Volver a los casos
case-next = Caso siguiente
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
desk-waiting = Validaciones pedidas
desk-age = Espera
desk-days = { $days ->
    [0] hoy
    [one] { $days } día
   *[other] { $days } días
}
desk-undecided = Sin veredicto
desk-opened-on = Abierta
desk-search = Buscar
desk-search-number = Número de caso
desk-search-none = Ningún caso tiene ese número. Revise que esté completo; el último signo es de control.
desk-back = Volver a las identidades
desk-request = Lo que pide el área
unseal-title = Abrir la identidad
unseal-trace = Queda escrito en el registro y en el diario del testigo, y quien reportó lo verá con su recibo.
unseal-class = Clase de motivo
unseal-text = Motivo
unseal-text-hint = Lo leerán la auditoría y el testigo. No ponga datos de la persona.
unseal-password = Su contraseña
unseal-send = Pedir y abrir
unseal-earlier = Aperturas anteriores
unseal-nothing = Este caso no tiene una identidad sellada.
unseal-requested = Pedida; el testigo aún no responde
unseal-refused = El testigo no la entregó
unseal-undecided = Abierta, sin veredicto
unseal-not-fresh = Escriba de nuevo su contraseña: pasaron más de diez minutos.
unseal-clock = La hora de su equipo difiere en más de diez minutos de la del servidor. Corríjala e inténtelo de nuevo.
unseal-quorum = Abrir esta identidad requiere { $officers } oficiales, y firmar entre varios aún no está disponible. No se pidió nada.
unseal-no-share = Esta identidad se selló antes de que usted fuera oficial. Pídalo a quien ya lo era.
unseal-witness-away = El testigo no responde. Lo pedido quedó escrito en el registro; inténtelo de nuevo en unos minutos.
unseal-purpose = El testigo no acepta el motivo: está vacío o no es el que usted firmó.
unseal-erased = Esta identidad fue borrada y ya no puede abrirse.
unseal-witness-refused = El testigo no entregó su parte ({ $word }). Quedó escrito en el registro; avise a administración.
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

overview-health = Funcionamiento
overview-troubles =
    { $count ->
        [0] Todo lo revisado está bien.
        [one] Una cosa necesita atención.
       *[other] { $count } cosas necesitan atención.
    }
overview-well = bien
overview-think = a considerar
overview-attention = atención
overview-roster = Lista firmada de destinatarios
overview-no-roster = Todavía no hay una lista firmada: no se reciben reportes. La autoridad la firma con «sigilo authority sign».
overview-version = Versión
overview-hash = Huella de la lista
overview-quorum = Oficiales que exige una apertura
overview-people = Personal
overview-people-hint = Compare las huellas en persona o por teléfono antes de firmar la lista.
overview-name = Nombre
overview-role = Función
overview-areas = Áreas
overview-fingerprint = Huella de su llave
overview-left = Ya no trabaja aquí
overview-signed = En la lista firmada
overview-unsigned = Falta en la lista firmada
overview-published = Publicada
overview-unsigned-changes =
    { $count ->
        [one] Hay un cambio que la lista firmada no tiene todavía. Para firmarlo:
       *[other] Hay { $count } cambios que la lista firmada no tiene todavía. Para firmarlos:
    }
overview-nothing-to-sign = No hay cambios por firmar.
overview-since = Desde
overview-signed-in = Último ingreso
overview-never = nunca
overview-differs = La lista firmada dice otra cosa
overview-left-signed = Ya no trabaja aquí, y sigue en la lista firmada
overview-stranger = En la lista firmada, y sin cuenta aquí
overview-members = Integrantes
overview-open = Abiertos
overview-overdue = Vencidos
overview-nobody = Nadie puede leer sus reportes
overview-unused = Sin uso
overview-keys = Llaves del servidor
overview-keys-hint = De las llaves secretas se dice solo si están.
overview-there = está
overview-not-there = no está
key-authority = Autoridad (huella)
key-log = Registro (huella)
key-witness = Testigo (huella)
key-witness-recipient = Testigo (destinatario)
key-internal = Contraseñas, recibos, tránsito y avisos
key-s3 = Acceso al bucket
key-whatsapp = Acceso a WhatsApp
key-smtp = Acceso al servidor de correo
overview-key-version = Versión de la llave
overview-recipient = Se cifra para

log-checkpoint = Último punto de control: { $size } entradas
log-cosigned = Firmado por el testigo
log-not-cosigned = Todavía sin la firma del testigo
log-no-checkpoint = Todavía no hay puntos de control firmados.
log-leaf = Entrada
log-time = Hora
log-actor = Quién
log-act = Acto
log-detail = Detalle
log-waiting = en espera
log-signed = firmado
actor-system = Sistema
actor-nobody = Nadie
actor-authority = Autoridad
log-check = Comprobación completa
log-check-text = El servidor lee todo el registro desde la primera entrada y lo compara con las firmas y con el diario del testigo. Para no depender del servidor, ejecute «sigilo audit verify» o descargue pruebas y compruébelas en otro equipo.
log-check-begin = Comprobar todo ahora
log-check-look = Ver cómo va
log-check-running = Comprobando: { $checked } de { $size } entradas…
log-check-good = Todo en orden: { $size } entradas, sus firmas y el diario del testigo.
log-check-unwitnessed = El testigo ha firmado hasta la entrada { $witnessed }; las demás esperan su firma.
log-check-bad-entry = No está en orden. Primera entrada mala, la { $entry }: { $what }.
log-check-bad-advice = Lo anterior está como se escribió. No cambie nada: detenga el servidor, conserve la base de datos y la carpeta del testigo, y compare con la última copia que se compruebe bien.
log-check-failed = La última comprobación no terminó: el testigo no respondió o el servidor se detuvo. Eso no dice nada del registro; comience otra.
log-entries = Entradas
log-case = Caso
log-from = Desde
log-to = Hasta
log-group-all = { $group }: todo
log-empty = Ninguna entrada coincide.
log-unknown-kind = No existe ese tipo de acto. Elija uno de la lista.
log-unknown-actor = No existe esa persona. Elija una de la lista.
log-unknown-case = No hay ningún caso con ese número. Si se borró, busque por su identificador.
log-unknown-day = Una de las fechas no existe. Escríbala así: 2026-11-24.
log-unreadable = ilegible
log-entry-title = Entrada { $leaf }
log-entry-back = Volver al registro
log-entry-unreadable = Esta entrada no se puede leer: sus bytes no son los de una entrada. Haga una comprobación completa.
log-id = Identificador
log-text = Texto sellado
log-text-hint = Se abre en su navegador, con su llave, y se compara con lo que quedó comprometido en la entrada.
log-text-none = Usted no tiene una copia de este texto: se selló a quienes eran auditores en ese momento.
log-signed-bytes = Lo que firmó
log-proof = Prueba
log-proof-download = Descargar la prueba
log-proof-hint = Se comprueba en cualquier equipo: «sigilo audit verify --proof».
log-proof-none = Nada demuestra todavía que esta entrada está en el registro: ningún punto de control con la firma del testigo la contiene, o todavía no. Espere un minuto; si sigue así, haga una comprobación completa.
log-hash = Huella de la hoja (SHA-256)
log-later = Entrada posterior
log-earlier = Entrada anterior

log-group-access = Accesos
log-group-people = Personal y llaves
log-group-cases = Casos
log-group-identities = Identidades
log-group-system = Instalación y registro

act-instance-created = Se creó la instalación
act-roster-published = Publicó una lista del personal
act-staff-added = Agregó a una persona
act-staff-signed-in = Inició sesión
act-staff-sign-in-failed = Intento fallido de entrar
act-staff-signed-out = Cerró sesión
act-access-denied = Acceso negado
act-area-key-made = Creó la llave de un área
act-area-member-added = Dio la llave de un área
act-case-opened = Abrió un caso
act-case-message = Escribió a quien reporta
act-case-note = Escribió una nota interna
act-case-state-changed = Cambió el estado de un caso
act-case-attachment = Envió un archivo
act-attachment-opened = Abrió un archivo
act-case-erased = Se borró un caso
act-case-recused = Se excusó de un caso
act-validation-requested = Pidió validar una identidad
act-manifests-covered = El registro cubrió sellos de identidad
act-unseal-requested = Pidió abrir una identidad
act-unseal-released = El testigo entregó su mitad
act-unseal-refused = El testigo se negó
act-verdict-stated = Registró un resultado
act-identity-erased = Se borró una identidad
act-configuration-changed = Cambió la configuración
act-log-restored = Se restauró el registro
act-backup-taken = Se tomó una copia de respaldo
act-database-moved = La base de datos pasó a PostgreSQL
act-log-verified = Comprobó el registro entero

log-bad-edited = no es la entrada que se firmó
log-bad-stored-hash = su huella en el árbol fue cambiada; la entrada es la que se firmó
log-bad-differs = la entrada y su huella no van juntas, y ningún punto de control dice cuál fue cambiada
log-bad-rewritten = ella, o una posterior, no es lo que firmó el siguiente punto de control
log-bad-witness-disagrees = ella, o una posterior, no es lo que vio el testigo
log-bad-missing = falta
log-bad-truncated = el registro termina aquí, pero tuvo más entradas
log-bad-checkpoint-forged = el punto de control que sigue no lleva sus firmas
log-bad-unreadable = no se lee como una entrada
log-bad-repeated = una entrada anterior tiene el mismo identificador
log-bad-misfiled = figura bajo otro caso, acto, autor u hora de los que nombra
log-bad-bad-signature = su firma no es válida
log-bad-unknown-signer = la firmó alguien distinto de su autor, o alguien fuera de la lista
log-bad-roster-refused = la lista que publica no es válida o no sigue a la anterior
log-bad-journal-differs = el diario del testigo tiene otra entrada en este lugar
log-bad-not-in-journal = dice que se abrió una identidad, y el diario del testigo no lo tiene
log-bad-restore-forged = cuenta de una restauración que la autoridad no firmó para este lugar
log-bad-seal-exchanged = cubre un sello que ya no está, o cuyo caso nombra otra llave de quien reporta
log-bad-unsigned = está después del último punto de control: el registro nunca la firmó
log-bad-journal = El diario del testigo no es el de esta instalación, o perdió líneas.
state-waiting-staff = Espera a quien reporta

case-files = Archivos
case-files-none = No hay archivos.
case-file = Enviar archivos al reportante
case-file-hint = Se cifran en este navegador. Sus datos ocultos (autor, fechas, lugar) van tal como están: límpielos antes.
case-file-send = Cifrar y enviar

filing-title = Nuevo reporte
filing-start-title = Reporte en ventanilla o por teléfono
filing-notice = Usted ve estos datos solo mientras los escribe. Después no podrá abrirlos. No los anote en otro lugar.
filing-how-1 = Pregunte con las palabras de la pantalla y escriba lo que la persona le diga.
filing-how-2 = Lea la autorización en voz alta. Sin ella no se guarda nada.
filing-how-3 = Antes de enviar, léale cómo quedó su caso. Puede cambiar cualquier respuesta.
filing-how-4 = Al enviar salen ocho palabras. Entréguelas impresas o díctelas: son solo para esa persona.
filing-start = Empezar un reporte
filing-draft-waits = Hay un reporte sin terminar en este equipo.
filing-go-on = Seguir con el reporte
filing-discard = Descartar este reporte
filing-discard-sure = Se borrará todo lo escrito en este reporte. ¿Descartarlo?
filing-receipt-waits = Falta entregar el recibo del último reporte.
filing-to-receipt = Ver el recibo
filing-handed-over = El recibo ya no se muestra y no quedó en este equipo.
filing-read-aloud = Lea esto en voz alta
filing-heard = La persona lo escuchó y autoriza
filing-unheard = Marque la casilla cuando la persona lo haya escuchado y autorice.
filing-refuses = La persona no autoriza
filing-preview-lead = Así lo verá quien analice el caso. Léaselo a la persona: puede cambiar cualquier respuesta antes de enviar.
filing-before-sending = Pregúntele a la persona si está de acuerdo. Al enviar, usted ya no podrá abrir este reporte.
filing-receipt-label = Recibo para quien reporta
filing-receipt-notice = Es solo para quien reporta. Imprímalo o dicte cada palabra con su número y pida que se la repita. No lo copie ni lo guarde.
filing-receipt-for = Con estas ocho palabras verá el avance de su caso, responderá preguntas y sabrá si alguien abrió su identidad. Entre a
filing-receipt-keep = Guarde las palabras donde nadie más las vea. Nadie puede mostrárselas otra vez. El número de caso no es secreto.
filing-print = Imprimir
filing-receipt-saved = Ya lo entregué
filing-receipt-gone = Se borra cuando usted lo diga, y por sí solo a los 30 minutos. También al salir.
settings-title = Ajustes
settings-saved = Guardado.
settings-language = Idioma
settings-language-text = El idioma de sus páginas, de sus mensajes de error y de sus resúmenes.
settings-digest = Resumen por correo
settings-digest-text = Llega a { $email } los días laborables a las 08:00, solo si hay algo que espera por usted. Trae cantidades y un enlace para entrar, nada de los casos.
settings-how-often = ¿Cada cuánto lo quiere?
settings-never = Nunca
settings-daily = Cada día laborable
settings-weekly = Cada semana, el primer día laborable
settings-save = Guardar
settings-keys = Teclado
settings-keys-text = Con una tecla puede moverse por los casos y escribir. La lista, y cómo apagarlos en este navegador, está aquí; fuera de un campo, también con «?».
settings-keys-show = Ver los atajos
settings-nothing = Para su función no hay resúmenes: nada espera por usted en una bandeja.
settings-no-mail = Este servidor no envía correos.

recusal-title = Excusas
recusal-works-no-more = se excusó de este caso.
recusal-open = Excusarme de este caso
recusal-text = Desde ese momento no podrá ver este caso, y no se puede deshacer. Su área verá que se excusó y leerá el motivo; nadie más lo leerá.
recusal-class = Motivo
recusal-knows = Conozco a alguien del caso
recusal-named = El caso trata de mí o me nombra
recusal-other = Otro motivo
recusal-detail = Detalle (si hace falta)
recusal-sure = Entiendo que no se puede deshacer
recusal-send = Excusarme
