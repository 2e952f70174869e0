# The mails: notices to whoever reported, summaries to staff. Never the receipt, nothing of the content.

mail-number-subject = Your case number
mail-number-text = Your case number is { $number }.
mail-number-use = It serves to ask the institution about the case. It does not open it: that takes the eight words of your receipt, which we will never send by e-mail.
mail-number-link = The number is no secret, but it ties this inbox to a case. If somebody else can read your mail, write the number down and delete this message.
mail-news-subject = There is something new on your case
mail-news-text = There is something new on your case. To see it, come in with the eight words of your receipt.
mail-follow-up = Go to your case:
mail-stop = To get no more notices, go to your case and take this address back.
mail-mistake = If you did not give this address, somebody mistyped theirs. You can delete this message.
mail-no-answers = Nobody reads answers to this e-mail.

mail-opening-subject = Notice from Sigilo
mail-opening-text = An identity was opened. Under “Openings” you see who, when and what for.
mail-opening-stop = You asked for this notice. Under “Settings” you can end it.
mail-digest-subject = Sigilo summary
mail-digest-text = This waits for you:
mail-digest-new =
    { $count ->
        [one] One new case
       *[other] { $count } new cases
    }
mail-digest-overdue =
    { $count ->
        [one] One overdue case
       *[other] { $count } overdue cases
    }
mail-digest-answers =
    { $count ->
        [one] One case with unread answers
       *[other] { $count } cases with unread answers
    }
mail-digest-validations =
    { $count ->
        [one] One request about an identity
       *[other] { $count } requests about identities
    }
mail-digest-unseals =
    { $count ->
        [one] One opened identity that waits for your verdict
       *[other] { $count } opened identities that wait for your verdict
    }
mail-sign-in = Sign in:
mail-digest-stop = You asked for this summary. Change or stop it under “Settings”.
