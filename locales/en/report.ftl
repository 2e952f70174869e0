# The chat: buttons and notices. The questions are in the institution's profile.

chat-progress = Question { $number } of about { $total }
chat-earlier =
    { $count ->
        [one] See your earlier answer
       *[other] See your { $count } earlier answers
    }
chat-change = Change
chat-continue = Continue
chat-back = Back to the previous question
chat-chosen = Chosen
chat-choose = Choose one
chat-max = Up to { $max } characters.
chat-document-kind = Kind of document
chat-document-number = Number
chat-submit = Send the report
chat-no-room = We are short of room and take no new reports. This one you can still finish, without files. Should it not go through, your answers stay here for 24 hours, and you can also go to:
chat-stale = This report went on in another tab. Here you see how it stands now.
chat-reconsider = Start again
chat-refuse-sure = Without your consent we cannot register the case: everything that you wrote here will be erased.
chat-refuse-send = Erase everything and see other ways

preview-lead = Read it slowly, as if you did not know who wrote it.
preview-title = What the analyst will see
preview-shared = Data that you chose to share
preview-restore = Words that we covered
preview-restore-hint = They match your data. If one is just an ordinary word, tick it to show it.
preview-restore-word = Show it instead of { $mark }
preview-update = Update the view
preview-others = Your text holds data of other people
preview-others-hint = They stay, because they may be evidence. If you would rather take them out, change your answer.
preview-identity = Opened by the identity officer only
preview-identity-hint = Kept apart and sealed. The analyst does not see it; every opening is logged and you will see it.
preview-confirm = This is right
