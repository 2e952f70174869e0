# Lo que solo encuentra `sigilo doctor`: configuración, llaves, la carpeta del testigo, la base de datos.

doctor-configuration = configuración
doctor-public-url = public_url
doctor-proxies = proxies
doctor-certificate = certificado
doctor-listen = listen
doctor-internal = acceso interno
doctor-profile = perfil
doctor-server-keys = archivo de llaves del servidor
doctor-witness-keys = archivo de llaves del testigo
doctor-keys = archivos de llaves
doctor-authority = autoridad
doctor-scratch = carpeta de paso
doctor-witness-folder = carpeta del testigo
doctor-installation = instalación

doctor-nothing-fails = Nada falla; { $warnings ->
    [0] nada por revisar
    [one] hay un punto por revisar
   *[other] hay { $warnings } puntos por revisar
}.
doctor-some-fail = { $failures ->
    [one] Falla un punto
   *[other] Fallan { $failures } puntos
} y { $warnings ->
    [0] no hay otros por revisar
    [one] hay otro por revisar
   *[other] hay otros { $warnings } por revisar
}. Corrija el primero y ejecútelo otra vez

doctor-reads = se lee
doctor-configuration-gone = { $reason }. Nombre otro archivo con --config
doctor-configuration-wrong = { $reason }. Corrija esa línea; docs/CONFIGURATION.md explica cada clave
doctor-public-url-https = https
doctor-public-url-local = solo este equipo, para probarlo
doctor-public-url-onion = una dirección onion
doctor-public-url-plain = HTTP sin cifrar: los navegadores rechazan sus cookies y llaves. Ponga TLS delante del servidor y escriba https://
doctor-proxies-unnamed = no se nombra ninguno, y el servidor escucha más allá de este equipo. Si hay un proxy delante, escriba su dirección en [server] trusted_proxies: si no, todas las visitas cuentan como una
doctor-certificate-whole = y su llave van juntos
doctor-certificate-wrong = { $reason }. Ponga los dos archivos en su lugar. Un servidor en marcha sigue con el anterior, y ya no vuelve a iniciarse
doctor-certificate-strange = no se puede leer hasta cuándo vale. Pida otro a la autoridad de certificación
doctor-certificate-early = todavía no vale. Ponga en hora este equipo, o use el certificado anterior hasta entonces
doctor-certificate-over = venció { $days ->
    [0] hoy
    [one] ayer
   *[other] hace { $days } días
}: los navegadores no muestran ninguna página. Renuévelo; el servidor toma el nuevo en un minuto
doctor-certificate-soon = vence { $days ->
    [0] hoy
    [one] mañana
   *[other] en { $days } días
}. Renuévelo, y revise por qué no se renovó solo
doctor-certificate-days = vale { $days } días más
doctor-certificate-other-host = no nombra a { $host }, así que los navegadores no lo aceptan. Pida uno para ese nombre, o corrija public_url
doctor-certificate-proxy = no nombra a { $host }. Si el proxy que está delante muestra otro certificado, está bien; si no, pida uno para ese nombre
doctor-certificate-plain = está puesto [server.tls], pero public_url no empieza con https://. Escríbalo así
doctor-listen-any = { $address }: cualquier puerto libre
doctor-listen-free = { $address } está libre para `sigilo serve`
doctor-listen-answers = { $address } responde
doctor-listen-unit = { $address }: este puerto solo lo pueden usar root y la unidad del servicio; no se probó
doctor-listen-taken = otro programa tiene { $address }, y `sigilo serve` no arranca. Deténgalo (ss -ltnp lo muestra) o elija otra dirección en listen
doctor-listen-silent = { $address } no responde, aunque `sigilo` está en marcha. Si el servicio acaba de arrancar, repita esto; si sigue así, otro programa tiene esa dirección: elija otra en listen
doctor-listen-elsewhere = nadie puede escuchar en { $address }: { $reason }. Escriba en listen una dirección de este equipo
doctor-internal-off = apagado
doctor-internal-answers = { $address } responde, y solo en este equipo
doctor-internal-free = { $address }, solo en este equipo
doctor-internal-network = { $address } se alcanza desde la red. Deje pasar en el cortafuegos solo al equipo que mide
doctor-internal-public = { $address } es una dirección pública: cualquiera puede leer cuánto se reporta y cómo está el servidor. Escriba en [server] internal una dirección de este equipo (127.0.0.1:9464) o de la red interna
doctor-internal-silent = { $address } no responde, aunque el servidor está en marcha. Reinícielo; si sigue así, otro programa usa esa dirección: elija otra en [server] internal
doctor-internal-taken = { $address } ya la usa otro programa, así que `sigilo serve` no se inicia. Elija otra en [server] internal
doctor-internal-elsewhere = en { $address } no se puede escuchar: { $reason }. Escriba en [server] internal una dirección de este equipo
doctor-profile-wrong = { $reason }. Corrija el perfil; profiles/iess.toml sirve de modelo
doctor-keys-wrong = { $reason }. Si se perdió, búsquelo donde se guarda la copia
doctor-keys-together = van juntos
doctor-keys-apart = el del servidor y el del testigo no van juntos (difieren: { $fields }). Ambos salen de un mismo `sigilo keys new`: busque los que se hicieron juntos
doctor-authority-away = su llave no está junto a las otras
doctor-authority-handed = los archivos de llaves se entregan: solo su propia carpeta muestra si su llave está junto a ellos
doctor-authority-here = authority.toml está junto a los otros archivos de llaves. Llévelo adonde el servidor nunca mire
doctor-files-no-keys = [files.s3] necesita [server.s3] en el archivo de llaves. keys.example lo explica
doctor-scratch-takes = recibe archivos
doctor-scratch-closed = { $folder } no recibe archivos: { $reason }. Corrija [files] scratch
doctor-whatsapp-no-keys = [whatsapp] necesita [server.whatsapp] en el archivo de llaves. keys.example lo explica
doctor-whatsapp-empty = en [server.whatsapp] falta: { $fields }. Está en las páginas de Meta; keys.example lo explica
doctor-whatsapp-news = encendido; a quien lo desea se le avisa de novedades
doctor-whatsapp-no-news = encendido; no se avisa de novedades: no hay news_template
doctor-email-anonymous = encendido, sin identificarse: no hay [server.smtp] en el archivo de llaves
doctor-email-from = from no es un remitente. Escríbalo así: "Sigilo <no-responder@iess.example>"
doctor-email-unprotected = encryption = "none" solo llega a este mismo equipo. Use "tls" o "starttls"
doctor-email-host = no se puede preparar TLS para ese host. Revise su nombre
doctor-witness-beside = corre junto al servidor: quien se apodere de este equipo tiene su llave y, con las de un oficial, abre identidades sin dejar un rastro que dure (SECURITY.md, filas 3 y 7). Las copias robadas de la base de datos siguen cerradas
doctor-witness-opens = se abre
doctor-witness-in-use = no se puede abrir mientras el servidor está en marcha, que la revisó al iniciarse
doctor-witness-closed = { $reason }. Traiga de vuelta la carpeta, tal como estaba, de su copia; si se perdió para siempre: sigilo restore --new-witness
doctor-database-well = responde, y tiene el esquema de este programa
doctor-database-gone = { $reason }. Revise `database`, y que esté en marcha; `sigilo init` hace una nueva
doctor-database-other = { $reason }. Use el programa que la llevó a ese esquema, o uno más nuevo
doctor-database-failed = { $reason }. Ejecútelo otra vez; si sigue así, restaure una copia
doctor-installation-ours = la base de datos es la del archivo de llaves
doctor-installation-empty = la base de datos está vacía. Ejecute: sigilo init
doctor-installation-other = la base de datos es de otra instancia que el archivo de llaves. Revise `database` y `keys`
doctor-roster-broken = { $reason }. Mientras tanto no se reciben reportes: restaure la base de datos y avise a la autoridad
doctor-roster-gone = no está; el testigo vio la versión { $seen }. Alguien cambió la base de datos, o es una copia antigua. Busque la más nueva, o restaure una copia
doctor-roster-none = nadie ha firmado una todavía, así que no se reciben reportes. Ejecute: sigilo roster propose, sigilo authority sign, sigilo roster publish
doctor-roster-back = volvió a la versión { $version }; el testigo vio la { $seen }. Alguien cambió la base de datos, o es una copia antigua. Busque la más nueva, o restaure una copia
doctor-log-cut = el testigo vio { $seen } entradas, y hay { $size }: alguien lo cortó, o la base de datos es una copia antigua. Ejecute: sigilo audit verify
