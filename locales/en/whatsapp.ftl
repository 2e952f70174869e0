# WhatsApp. Buttons: up to 20 letters. Asterisks: bold; underscores: italics.

wa-welcome =
    This is the channel for complaints and reports of wrongdoing of { $institution }.

    {"*"}Before you begin:* WhatsApp (Meta) knows that you write to us and processes this conversation. The web chat is more private: { $url }

    If you go on here, your story and your data are sealed as they arrive. At the end, keep your receipt elsewhere and delete this chat.

    What would you like to do?
wa-report = File a case
wa-follow-up = See my case
wa-english = English
wa-spanish = Español
wa-menu = Back to the start
wa-see-options = See options
wa-more = See more
wa-start = We will ask a few questions, one by one. You can write *back*, *cancel* or *help* at any time. What you write waits for 24 hours.
wa-help =
    Write *queja* (complaint) or *denuncia* (wrongdoing) to file a case, or *follow-up* to see one that you have filed.

    If you would rather not use WhatsApp: { $url }
wa-help-report =
    Answer the question or touch an option. You can also write:
    • *back*: return to the previous question
    • *change*: correct any answer
    • *cancel*: delete everything
    Photos, videos, audio and documents can be sent at any time.

    If you would rather not use WhatsApp: { $url }
wa-still-reporting = You have an unfinished report. Let us go on with it; to delete it, write *cancel*.
wa-not-understood = I did not understand that answer.
wa-unavailable = We cannot take reports at this moment. What you wrote waits here for 24 hours. Try later, or use { $url }
wa-keys-exchanged = We did not open your case: its keys are not the ones that it had when you sent it; somebody changed them. With them somebody else could read what you write. Tell the institution in person or by phone, with your case number, and tell nobody your eight words.
wa-done = Done
wa-gathering = Noted. Go on writing or sending audio; when you have finished, touch *Done*.
wa-hint-story = You can send it in several messages or voice notes.
wa-hint-document = Write the number of the cédula. If it is a passport, write for example: *passport A1234567*
wa-hint-files = Send them here, up to { $max }.
wa-hint-share = Write the numbers, for example *1, 3*, or touch *None*.
wa-share-none = None
wa-own-number = Use this number
wa-story-full = That does not fit any more: the story can have up to { $max } letters. Touch *Done* to go on.
wa-story-in-file = It is told in the attached file.
wa-files-done = That is all
wa-file-taken = We received *{ $name }*.
wa-file-cleaned = We received *{ $name }*. We took out: { $removed }.
wa-file-undecided = We cannot take the hidden data out of *{ $name }* that it may hold (author, place, date). Shall we send it as it is?
wa-file-undecided-mark = (to be decided)
wa-file-keep = Send as it is
wa-file-drop = Remove it
wa-file-dropped = We removed that file.
wa-file-broken = We could not receive that file. Please send it again.
wa-file-no-room = We cannot keep files at this moment. Try later; the rest is safe.
wa-file-too-early = To send files, first choose what you would like to do.
wa-name-image = photo
wa-name-audio = voice note
wa-name-video = video
wa-name-document = document
wa-preview-files = Files
wa-preview-restore = We hid these words because they are like your data: { $words }. If one is only an ordinary word, write *show* and the word.
wa-preview-confirm = It is right
wa-change = Change something
wa-change-which = Which answer would you like to change?
wa-reconsider = Start again
wa-send = Send
wa-cancel = Shall we delete everything that you wrote?
wa-cancel-yes = Yes, delete
wa-cancel-no = No, go on
wa-cancelled = Done, it is deleted. Nothing that you wrote is left here; delete this chat, too.
wa-receipt =
    {"*"}We received your report.* Case number: *{ $number }*

    {"*"}Your receipt: eight words.* They are shown only once. Without them you cannot come back to your case:

    { $words }

    Write them on paper, in order, and *delete this chat*: whoever has them can read your case.

    • A person will write to you by { $respond }.
    • You will have an outcome by { $resolve }.
    • To see your case: { $url }, or write *follow-up* here.
wa-notices = Do you want to be told here when there is something new? The notice will say nothing of your case. For that we keep your number, sealed and apart, until the case is closed.
wa-notices-yes = Yes, tell me
wa-notices-no = No
wa-notices-stop = Tell me no more
wa-notices-on = All right, we will tell you here. To stop, open your case and write *stop*.
wa-notices-off = All right. Come back with your eight words whenever you like.
wa-notices-withdrawn = Done, your number is deleted from the notices.
wa-ask-receipt = Write the eight words of your receipt, in order. The first four letters of each will do.
wa-receipt-delete = This is your case. Delete the message with your eight words from this chat.
wa-session-over = For safety, the session ended after 30 minutes.
wa-follow-help = What you write or attach here goes to the team of your case. To finish write *leave*.
wa-follow-identity = To correct or erase your personal data, come in with your eight words at { $url }
wa-follow-write = You can write to the team now, or send files. Do not give your name or contacts: whoever reads does not know who you are.
wa-message-sent = Your message is kept in the case.
wa-leave = Leave
wa-left = The session is closed. Delete this chat if someone else uses this phone.
