# WhatsApp. Botones: hasta 20 letras. Asteriscos: negrita; guiones bajos: cursiva.

wa-welcome =
    Este es el canal de quejas y denuncias del { $institution }.

    {"*"}Antes de empezar:* WhatsApp (Meta) sabe que usted nos escribe y procesa esta conversación. El chat web es más privado: { $url }

    Si sigue por aquí, su relato y sus datos se sellan al llegar. Al terminar, guarde su recibo en otro lugar y borre este chat.

    ¿Qué desea hacer?
wa-report = Presentar un caso
wa-follow-up = Ver mi caso
wa-english = English
wa-spanish = Español
wa-menu = Volver al inicio
wa-see-options = Ver opciones
wa-more = Ver más
wa-start = Le haremos unas preguntas, una por una. Puede escribir *atrás*, *cancelar* o *ayuda* cuando quiera. Lo que escriba espera 24 horas.
wa-help =
    Escriba *queja* o *denuncia* para presentar un caso, o *seguimiento* para ver uno que ya presentó.

    Si prefiere no usar WhatsApp: { $url }
wa-help-report =
    Responda la pregunta o toque una opción. También puede escribir:
    • *atrás*: volver a la pregunta anterior
    • *cambiar*: corregir cualquier respuesta
    • *cancelar*: borrar todo
    Fotos, videos, audios y documentos puede enviarlos en cualquier momento.

    Si prefiere no usar WhatsApp: { $url }
wa-still-reporting = Tiene un reporte sin terminar. Sigamos con él; para borrarlo escriba *cancelar*.
wa-not-understood = No entendí esa respuesta.
wa-unavailable = En este momento no podemos recibir reportes. Lo que escribió espera aquí 24 horas. Intente más tarde, o use { $url }
wa-keys-exchanged = No abrimos su caso: sus llaves no son las de cuando usted lo envió; alguien las cambió. Con ellas otra persona podría leer lo que usted escriba. Avise a la institución en persona o por teléfono, con su número de caso, y no diga a nadie sus ocho palabras.
wa-done = Listo
wa-gathering = Anotado. Siga escribiendo o enviando audios; cuando termine, toque *Listo*.
wa-hint-story = Puede enviarlo en varios mensajes o notas de voz.
wa-hint-document = Escriba el número de cédula. Si es pasaporte, escriba por ejemplo: *pasaporte A1234567*
wa-hint-files = Envíelos por aquí, hasta { $max }.
wa-hint-share = Escriba los números, por ejemplo *1, 3*, o toque *Ninguno*.
wa-share-none = Ninguno
wa-own-number = Usar este número
wa-story-full = Eso ya no cabe: el relato puede tener hasta { $max } letras. Toque *Listo* para seguir.
wa-story-in-file = Lo cuenta en el archivo adjunto.
wa-files-done = Eso es todo
wa-file-taken = Recibimos *{ $name }*.
wa-file-cleaned = Recibimos *{ $name }*. Le quitamos: { $removed }.
wa-file-undecided = A *{ $name }* no podemos quitarle los datos ocultos que pueda tener (autor, lugar, fecha). ¿Lo enviamos así?
wa-file-undecided-mark = (falta decidir)
wa-file-keep = Enviarlo así
wa-file-drop = Quitarlo
wa-file-dropped = Quitamos ese archivo.
wa-file-broken = No pudimos recibir ese archivo. Envíelo otra vez, por favor.
wa-file-no-room = En este momento no podemos guardar archivos. Intente más tarde; lo demás está a salvo.
wa-file-too-early = Para enviar archivos, primero elija qué desea hacer.
wa-name-image = foto
wa-name-audio = nota de voz
wa-name-video = video
wa-name-document = documento
wa-preview-files = Archivos
wa-preview-restore = Tapamos estas palabras porque coinciden con sus datos: { $words }. Si una es solo una palabra común, escriba *mostrar* y la palabra.
wa-preview-confirm = Está bien así
wa-change = Cambiar algo
wa-change-which = ¿Qué respuesta desea cambiar?
wa-reconsider = Empezar de nuevo
wa-send = Enviar
wa-cancel = ¿Borramos todo lo que escribió?
wa-cancel-yes = Sí, borrar
wa-cancel-no = No, seguir
wa-cancelled = Listo, lo borramos. Aquí no queda nada de lo que escribió; borre también este chat.
wa-receipt =
    {"*"}Recibimos su reporte.* Número de caso: *{ $number }*

    {"*"}Su recibo: ocho palabras.* Se muestran una sola vez. Sin ellas no podrá volver a su caso:

    { $words }

    Anótelas en papel, en orden, y *borre este chat*: quien las tenga puede leer su caso.

    • Una persona le escribirá hasta el { $respond }.
    • Tendrá una respuesta hasta el { $resolve }.
    • Para ver su caso: { $url }, o escriba aquí *seguimiento*.
wa-notices = ¿Quiere que le avisemos por aquí cuando haya novedades? El aviso no dirá nada de su caso. Para eso guardaremos su número, sellado y aparte, hasta que el caso se cierre.
wa-notices-yes = Sí, avísenme
wa-notices-no = No
wa-notices-stop = No avisarme más
wa-notices-on = De acuerdo, le avisaremos por aquí. Para dejarlo, entre a su caso y escriba *no avisar*.
wa-notices-off = De acuerdo. Vuelva con sus ocho palabras cuando quiera.
wa-notices-withdrawn = Listo, borramos su número de los avisos.
wa-ask-receipt = Escriba las ocho palabras de su recibo, en orden. Bastan las cuatro primeras letras de cada una.
wa-receipt-delete = Este es su caso. Borre el mensaje con sus ocho palabras de este chat.
wa-session-over = Por seguridad, la sesión terminó después de 30 minutos.
wa-follow-help = Lo que escriba o adjunte aquí llega al equipo de su caso. Para terminar escriba *salir*.
wa-follow-identity = Para corregir o borrar sus datos personales, entre con sus ocho palabras en { $url }
wa-follow-write = Puede escribir ahora al equipo, o enviar archivos. No ponga su nombre ni sus contactos: quien lee no sabe quién es usted.
wa-message-sent = Su mensaje quedó guardado en el caso.
wa-leave = Salir
wa-left = Cerramos la sesión. Borre este chat si alguien más usa este teléfono.
