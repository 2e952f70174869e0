# Lo que encuentran `sigilo doctor` y el panorama de administración.

health-reports = reportes
health-database = base de datos
health-roster = lista firmada
health-cases = casos
health-log = registro
health-clock = reloj
health-rows = filas con permisos
health-witness = testigo
health-jobs = tareas automáticas
health-files = almacén de archivos
health-email = correo
health-whatsapp = WhatsApp
health-disk-database = disco de la base de datos
health-disk-files = disco de los archivos
health-disk-witness = disco del testigo

health-on = encendido
health-off = apagado
health-reports-taken = se reciben
health-reports-no-roster = no se reciben: nadie ha firmado todavía una lista. Ejecute: sigilo roster propose, sigilo authority sign, sigilo roster publish
health-reports-no-room = no se pueden empezar: el disco está casi lleno. Libere espacio
health-reports-refused = no se reciben: la lista es anterior a la que vio el testigo, o no se puede preguntar al testigo. Ejecute: sigilo doctor
health-database-well = responde
health-roster-well = la versión { $version } está firmada y cubre todas las áreas
health-roster-foreign = nombra otro testigo u otro registro que el archivo de llaves. Ejecute: sigilo roster propose, sigilo authority sign, sigilo roster publish
health-roster-officers = ninguna identidad se puede abrir: faltan oficiales. Agréguelos con `sigilo staff add` y ejecute: sigilo roster propose, sigilo authority sign, sigilo roster publish
health-roster-auditor = nadie audita el registro ni los motivos de las aperturas. Agregue a alguien con `sigilo staff add --role auditor`
health-roster-desk = su mesa es { $desk }; la del perfil, { $profile }
health-roster-lacks = le faltan áreas a las que el perfil envía reportes: { $areas }. Agregue a alguien en cada una con `sigilo staff add`; luego proponga, firme y publique una lista
health-roster-empty = nadie puede leer los reportes de: { $areas }. Agregue a alguien en cada una
health-cases-alone = todas las personas de { $areas } se excusaron, y nadie puede atender: { $cases }. Agregue a alguien al área con `sigilo staff add --sponsor`
health-log-well = el testigo firmó sus { $entries } entradas
health-log-soon = el testigo firma las últimas entradas en un minuto
health-log-waits = las últimas entradas esperan al testigo desde hace { $minutes } minutos. Inicie el servidor; si está en marcha, sus mensajes dicen por qué
health-log-unplaced = hay entradas que esperan su lugar desde hace { $minutes } minutos. Inicie el servidor; si está en marcha, sus mensajes dicen por qué
health-log-empty = no tiene punto de control. Un servidor en marcha lo firma en un segundo
health-log-forged = la última firma del testigo no se verifica. Ejecute: sigilo audit verify
health-clock-well = no está atrasado respecto del registro
health-clock-behind = la última entrada del registro está { $seconds } segundos adelante. Ponga en hora este equipo y manténgalo así
health-rows-well = las escribió este programa
health-rows-forged = no las escribió este programa, y no cuentan: { $tables }. Alguien más escribe en la base de datos, o el archivo de llaves es otro. Avise a auditoría, cambie las contraseñas de la base de datos y ejecute: sigilo audit verify
health-witness-well = responde; nombró la lista { $version } hace { $minutes ->
    [0] menos de un minuto
    [one] un minuto
   *[other] { $minutes } minutos
}
health-witness-away = no responde: ninguna identidad se puede abrir, y en un día ya no se recibirán reportes. Revise que esté en marcha
health-witness-foreign = otro responde en su lugar: la firma no es la del testigo que nombra el archivo de llaves. Ejecute: sigilo doctor
health-witness-old = su declaración tiene más de un día. Revise ambos relojes
health-witness-ahead = vio la lista { $version }, que falta en la base de datos: alguien la cambió o es una copia antigua. Ejecute: sigilo doctor
health-jobs-well = todas corren; la última, hace { $seconds ->
    [0] un instante
    [one] un segundo
   *[other] { $seconds } segundos
}
health-jobs-none = ninguna ha corrido desde que este servidor se inició
health-jobs-failed = «{ $job }» falló y se repite. Los mensajes del servidor dicen por qué
health-jobs-late = «{ $job }» no corre desde hace { $minutes } minutos. Reinicie el servidor; sus mensajes dicen por qué
health-files-folder = la carpeta recibe archivos
health-files-bucket = el bucket responde
health-files-silent = el bucket no responde. Revise el endpoint y la región
health-files-no-bucket = ese bucket no existe. Revise [files.s3]
health-files-refused = el bucket rechaza nuestro acceso. Revise [server.s3] del archivo de llaves, y que pueda listar, leer, escribir y borrar
health-files-wrong = el bucket no responde como debe. Revise [files.s3]: bucket, región y endpoint
health-files-full = el disco está lleno. Libere espacio
health-files-closed = { $folder } no recibe archivos: { $reason }. Debe ser una carpeta en la que el servidor pueda escribir
health-files-gone = la carpeta no está. Monte su disco; si nunca la hubo, `sigilo serve` la crea
health-disk-room = quedan { $megabytes } MB
health-disk-little = quedan { $megabytes } MB y no se reciben archivos. Libere espacio
health-disk-full = quedan { $megabytes } MB y no se puede empezar ningún reporte. Libere espacio
health-disk-hidden = no se puede revisar: ¿está la carpeta?
