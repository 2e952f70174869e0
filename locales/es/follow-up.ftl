# El recibo y el regreso con ocho palabras.

receipt-title = Reporte recibido
receipt-number = Número de caso:
receipt-words = Su recibo: ocho palabras
receipt-once = Se muestran una sola vez. Sin ellas no podrá volver a su caso. Anótelas en papel, en orden, y no las comparta.
receipt-file = Guardar como archivo de texto
receipt-file-hint = Guarde el archivo solo si nadie más usa este teléfono.
receipt-sure = Copié las ocho palabras, en orden
receipt-saved = Ya las guardé
receipt-next = Qué sigue
receipt-respond = Una persona le escribirá aquí hasta el { $date }.
receipt-resolve = Tendrá una respuesta sobre su caso hasta el { $date }.
receipt-come-back = Vuelva cuando quiera con sus ocho palabras. El número de caso no es secreto: sirve para preguntar por el caso, no para leerlo.
receipt-text-title = RECIBO
receipt-text-words = Ocho palabras, en orden:
receipt-text-keep = Con ellas se lee el caso y se responde. No las comparta. Si alguien más usa este equipo, cópielas en papel y borre este archivo.

saved-title = Listo
saved-text = Las palabras ya no se muestran en este equipo. Para ver el avance de su caso, entre con ellas.

entry-title = Volver a su caso
entry-label = Escriba sus ocho palabras
entry-hint = En orden, separadas por espacios. Da igual usar mayúsculas o tildes, y bastan las cuatro primeras letras de cada una.
entry-error-count =
    { $count ->
        [0] Escriba las ocho palabras de su recibo.
        [one] Escribió una sola palabra; un recibo tiene ocho.
       *[other] Escribió { $count } palabras; un recibo tiene ocho. Compárelas con lo que anotó.
    }
entry-error-word = La palabra { $place } no es de un recibo. Compárela con lo que anotó.
entry-error-misspelt = Esas ocho palabras no forman un recibo. Compare cada una, y su orden, con lo que anotó.
entry-error-unknown = No hay ningún caso con esas palabras. Puede que se haya cerrado y borrado, o que el recibo se haya reemplazado.
entry-error-expired = Su sesión terminó después de 30 minutos. Escriba las palabras otra vez.
entry-error-busy = Hay muchas personas entrando ahora. Espere un minuto y envíe de nuevo; su mensaje sigue aquí.
entry-carried = Su mensaje no se envió todavía, pero sigue en esta página. Escriba sus ocho palabras y lo verá otra vez en su caso, para enviarlo.
entry-send = Ver mi caso
entry-lost = Perdí mis palabras
entry-lost-text = Nadie puede mostrárselas de nuevo. Con su número de caso, acérquese a la institución y pida el trámite de «recibo perdido»: comprobarán que es usted y recibirá un recibo nuevo.
keys-title = No abrimos su caso
keys-what = Las llaves de su caso no son las de cuando usted lo envió. Alguien las cambió.
keys-refused = Con esas llaves, otra persona podría leer lo que usted escriba. Por eso no las usamos, y aquí no puede leer ni escribir nada.
keys-before = Lo que usted envió antes sigue sellado con las llaves de entonces.
keys-now = Avise a la institución por otra vía, en persona o por teléfono, con su número de caso. No diga a nadie sus ocho palabras: no hacen falta para avisar.
keys-unsent = Su mensaje no se envió. Cópielo si quiere guardarlo.
entry-session = La sesión dura 30 minutos. Las palabras no quedan guardadas en este equipo.

case-title = Su caso
case-sent = Su mensaje quedó guardado.
case-carried = Su mensaje sigue aquí, sin enviar. Revíselo y envíelo.
case-unsent = Su mensaje, sin enviar
case-received = Recibido
case-responded = Primera respuesta
case-respond-by = Primera respuesta hasta
case-resolve-by = Resultado hasta
case-conversation = Conversación
case-conversation-empty = Todavía no hay mensajes.
case-from-you = Usted
case-from-team = Equipo del caso
case-write = Escriba al equipo
case-write-hint = No ponga su nombre ni sus contactos: quien lee no sabe quién es usted.
case-send = Enviar mensaje
case-narrative = Lo que usted reportó
case-narrative-open = Ver mis respuestas
case-leave = Cerrar la sesión

state-received = Recibido
state-received-text = Su reporte llegó y espera a que una persona del área lo lea.
state-in-review = En análisis
state-in-review-text = Una persona del área está trabajando en su caso.
state-waiting = Esperamos su respuesta
state-waiting-text = El equipo le preguntó algo. Lea la conversación y responda abajo.
state-resolved = Resuelto
state-resolved-text = El equipo llegó a un resultado. Está en la conversación.
state-closed = Cerrado
state-closed-text = El caso terminó. Se borrará al cumplirse el plazo de conservación.

openings-title = Aperturas de su identidad
openings-none-given = Este reporte se hizo sin datos personales. No hay nada que abrir.
openings-empty = Nadie ha abierto su identidad.
openings-text = Cada vez que alguien pidió ver sus datos personales:
openings-disagree = El testigo ha contado un número de aperturas distinto del que muestra esta página. Guarde la declaración de abajo y preséntela a la auditoría o a la autoridad de protección de datos.
outcome-requested = pedida, todavía sin abrir
outcome-refused = negada: no se abrió
outcome-opened = abierta, en comprobación
outcome-valid = abierta: sus datos se comprobaron
outcome-mismatch = abierta: los datos no coincidieron
outcome-unreachable = abierta: no se le pudo ubicar
statement-title = Declaración firmada del testigo
statement-text =
    { $count ->
        [0] Al { $date }, el testigo no ha participado en ninguna apertura de su identidad.
        [one] Al { $date }, el testigo ha participado en una apertura de su identidad.
       *[other] Al { $date }, el testigo ha participado en { $count } aperturas de su identidad.
    }
statement-none = El testigo no responde en este momento. Vuelva más tarde para ver su declaración.
case-unreadable = Este texto no se pudo abrir: fue alterado.
case-message-invalid = Escriba un mensaje de hasta 10.000 caracteres.
case-message-closed = El caso está cerrado: ya no recibe mensajes.
case-exchanged = Atención: su identidad sellada no es la que usted envió; alguien la cambió. Avise a la institución por otra vía y no envíe más datos aquí.

files-none = Este caso no tiene archivos.
files-add = Agregar archivos
files-add-hint = Les quitamos los datos ocultos. El nombre del archivo sí se verá: no ponga ahí su nombre.
files-send = Enviar estos archivos
files-sent = Sus archivos quedaron guardados en el caso.
files-not-ready = Decida primero qué hacer con cada archivo.
files-other = Los archivos cambiaron entretanto. Revise la lista y envíelos de nuevo.
files-changed = Este archivo fue cambiado después de enviarse. No confíe en él.
identity-erased = Su identidad ya fue borrada. Nadie puede abrirla.

by-email-title = ¿Quiere que le avisemos por correo?
by-email-what = Le enviaremos su número de caso ahora, y un aviso sin detalles cada vez que haya novedades.
by-email-link = Quien lea su correo, y la empresa que se lo da, sabrán que usted tiene un caso aquí. Use una dirección que solo usted lea, y que no sea de su trabajo.
by-email-kept = La dirección se guarda aparte, cifrada con una llave que este servidor tiene para enviar los avisos. Quien analiza su caso no la ve. Se borra cuando se cierra el caso o cuando usted la retira.
by-email-label = Su correo
by-email-give = Avísenme
by-email-given = Le avisaremos por correo. No mostramos la dirección.
by-email-withdraw = No avisarme más
by-email-invalid = Eso no parece una dirección de correo. Revísela: nombre, arroba y dominio.
by-email-too-often = Hoy ya se cambió la dirección varias veces. Inténtelo de nuevo mañana.

own-identity-title = Sus datos personales
own-identity-hint = Están sellados: aquí no se pueden mostrar, ni siquiera a usted.
own-identity-correct = Corregir mis datos
own-identity-erase = Borrar mi identidad
own-identity-whole = Escriba todos sus datos otra vez, también los que no cambian. Se sellan de nuevo, y los anteriores se conservan sellados hasta que la identidad se borre.
own-identity-area = Quien analiza su caso no verá los datos ni sabrá que los corrigió. Los verá un oficial de identidad para validarlos.
own-identity-optional = opcional
own-identity-wrong = Algo falta o no es válido. Revise lo marcado; lo demás sigue aquí.
own-identity-send = Sellar mis datos
own-identity-nothing = Este caso no tiene una identidad que corregir o borrar.
own-identity-closed = El caso está cerrado: sus datos ya no se corrigen. Sí puede pedir que se borren.
own-identity-too-often = Hoy ya corrigió sus datos varias veces. Inténtelo de nuevo mañana.
own-identity-waits = Ya lo pidió, y un oficial lo va a responder.
own-back = Volver sin cambiar nada
own-corrected = Sus datos quedaron sellados. Un oficial de identidad los validará.
own-correction-waits = Datos corregidos; esperan validación
own-correction-made = Datos corregidos
own-erasure-title = Borrar mi identidad
own-erasure-lives-on = Su caso sigue: el relato, la conversación y los archivos no se borran, y usted puede volver con sus ocho palabras.
own-erasure-nobody = Después nadie podrá comprobar que el caso viene de una persona real. Eso puede quitarle fuerza.
own-erasure-for-good = No hay vuelta atrás: se borran todas las versiones, y el testigo se negará para siempre a abrirlas.
own-erasure-shared = Lo que usted eligió compartir con el área no se borra con esto: está en el caso.
own-erasure-officer = Lo hará un oficial de identidad. Si no puede, aquí verá por qué.
own-erasure-send = Pedir que la borren
own-erasure-asked = Su pedido llegó a los oficiales de identidad.
own-erasure-waits = Pidió borrar su identidad; espera a un oficial
own-erasure-done = Identidad borrada a su pedido
own-erasure-refused = No se borró su identidad
opening-of-earlier = datos anteriores
