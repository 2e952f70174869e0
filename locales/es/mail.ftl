# Los correos: avisos a quien reportó, resúmenes al personal. Nunca el recibo, nada del contenido.

mail-number-subject = Su número de caso
mail-number-text = Su número de caso es { $number }.
mail-number-use = Sirve para preguntar por el caso en la institución. No sirve para leerlo: para eso hacen falta las ocho palabras de su recibo, que nunca le enviaremos por correo.
mail-number-link = El número no es secreto, pero une este buzón con un caso. Si otra persona puede leer su correo, anote el número y borre este mensaje.
mail-news-subject = Hay novedades en su caso
mail-news-text = Hay novedades en su caso. Para verlas, entre con las ocho palabras de su recibo.
mail-follow-up = Entrar a su caso:
mail-stop = Para no recibir más avisos, entre a su caso y retire esta dirección.
mail-mistake = Si usted no dio esta dirección, alguien se equivocó al escribirla. Puede borrar este mensaje.
mail-no-answers = Nadie lee las respuestas a este correo.

mail-opening-subject = Aviso de Sigilo
mail-opening-text = Se abrió una identidad. En «Aperturas» puede ver quién, cuándo y para qué.
mail-opening-stop = Usted pidió este aviso. En «Ajustes» puede quitarlo.
mail-digest-subject = Resumen de Sigilo
mail-digest-text = Esto espera por usted:
mail-digest-new =
    { $count ->
        [one] Un caso nuevo
       *[other] { $count } casos nuevos
    }
mail-digest-overdue =
    { $count ->
        [one] Un caso vencido
       *[other] { $count } casos vencidos
    }
mail-digest-answers =
    { $count ->
        [one] Un caso con respuestas sin leer
       *[other] { $count } casos con respuestas sin leer
    }
mail-digest-validations =
    { $count ->
        [one] Un pedido sobre una identidad
       *[other] { $count } pedidos sobre identidades
    }
mail-digest-unseals =
    { $count ->
        [one] Una identidad abierta que espera su veredicto
       *[other] { $count } identidades abiertas que esperan su veredicto
    }
mail-sign-in = Entrar:
mail-digest-stop = Usted pidió este resumen. En «Ajustes» puede cambiarlo o quitarlo.
