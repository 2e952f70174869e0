# El chat: botones y avisos. Las preguntas están en el perfil de la institución.

chat-progress = Pregunta { $number } de unas { $total }
chat-earlier =
    { $count ->
        [one] Ver su respuesta anterior
       *[other] Ver sus { $count } respuestas anteriores
    }
chat-change = Cambiar
chat-continue = Continuar
chat-back = Volver a la pregunta anterior
chat-chosen = Elegida
chat-choose = Elija una opción
chat-max = Hasta { $max } caracteres.
chat-document-kind = Tipo de documento
chat-document-number = Número
chat-submit = Enviar el reporte
chat-no-room = Nos queda poco espacio y no recibimos reportes nuevos. Este sí puede terminarlo, sin archivos. Si no se pudiera enviar, sus respuestas siguen aquí 24 horas, y también puede acudir a:
chat-stale = Este reporte avanzó en otra pestaña. Aquí ve cómo está ahora.
chat-reconsider = Empezar de nuevo
chat-refuse-sure = Sin su autorización no podemos registrar el caso: se borrará todo lo que escribió aquí.
chat-refuse-send = Borrar todo y ver otros caminos

preview-lead = Léalo con calma, como si no supiera quién lo escribió.
preview-title = Lo que verá el analista
preview-shared = Datos que usted eligió compartir
preview-restore = Palabras que tapamos
preview-restore-hint = Coinciden con sus datos. Si alguna es solo una palabra común, márquela para mostrarla.
preview-restore-word = Mostrarla en lugar de { $mark }
preview-update = Actualizar la vista
preview-others = Su texto nombra datos de otras personas
preview-others-hint = Se quedan, porque pueden ser prueba. Si prefiere quitarlos, cambie su respuesta.
preview-identity = Solo lo abre el oficial de identidad
preview-identity-hint = Va aparte y sellado. Quien analiza no lo ve; cada apertura queda registrada y usted la verá.
preview-confirm = Está bien así
