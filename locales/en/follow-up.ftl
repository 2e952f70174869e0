# The receipt, and the way back with eight words.

receipt-title = Report received
receipt-number = Case number:
receipt-words = Your receipt: eight words
receipt-once = They are shown once only. Without them you cannot come back to your case. Write them on paper, in order, and share them with nobody.
receipt-file = Save as a text file
receipt-file-hint = Save the file only if nobody else uses this phone.
receipt-sure = I have copied the eight words, in order
receipt-saved = I have kept them
receipt-next = What comes next
receipt-respond = A person will write to you here by { $date }.
receipt-resolve = You will have an answer about your case by { $date }.
receipt-come-back = Come back any time with your eight words. The case number is no secret: it serves to ask about the case, not to read it.
receipt-text-title = RECEIPT
receipt-text-words = Eight words, in order:
receipt-text-keep = They open the case. Share them with nobody. If somebody else uses this device, copy them onto paper and delete this file.

saved-title = Done
saved-text = The words are no longer shown on this device. To see how your case goes, come in with them.

entry-title = Back to your case
entry-label = Enter your eight words
entry-hint = In order, with spaces between them. Capitals and accents do not matter, and four letters of each word are enough.
entry-error-count =
    { $count ->
        [0] Write the eight words of your receipt.
        [one] You wrote one word only; a receipt has eight.
       *[other] You wrote { $count } words; a receipt has eight. Compare them with what you noted.
    }
entry-error-word = Word { $place } is not of a receipt. Compare it with what you noted.
entry-error-misspelt = These eight words do not make a receipt. Compare each of them, and their order, with what you noted.
entry-error-unknown = There is no case with these words. It may have been closed and erased, or the receipt may have been replaced.
entry-error-expired = Your session ended after 30 minutes. Enter the words again.
entry-error-busy = Many people are coming in right now. Wait a minute and send again; your message is still here.
entry-carried = Your message has not been sent yet, but it is still on this page. Enter your eight words and you will see it again in your case, to send it.
entry-send = See my case
entry-lost = I have lost my words
entry-lost-text = Nobody can show them to you again. With your case number, go to the institution and ask for the “lost receipt” procedure: they will check that it is you, and you will get a new receipt.
keys-title = We did not open your case
keys-what = The keys of your case are not the ones that it had when you sent it. Somebody changed them.
keys-refused = With these keys, somebody else could read what you write. So we do not use them, and you can read or write nothing here.
keys-before = What you sent before is still sealed with the keys of that time.
keys-now = Tell the institution by another way, in person or by phone, with your case number. Tell nobody your eight words: they are not needed for that.
keys-unsent = Your message was not sent. Copy it if you want to keep it.
entry-session = The session lasts 30 minutes. The words are not kept on this device.

case-title = Your case
case-sent = Your message has been kept.
case-carried = Your message is still here, not sent. Read it over and send it.
case-unsent = Your message, not sent
case-received = Received
case-responded = First answer
case-respond-by = First answer by
case-resolve-by = Outcome by
case-conversation = Conversation
case-conversation-empty = There are no messages yet.
case-from-you = You
case-from-team = The case team
case-write = Write to the team
case-write-hint = Leave out your name and contacts: whoever reads this does not know who you are.
case-send = Send message
case-narrative = What you reported
case-narrative-open = See my answers
case-leave = Sign out

state-received = Received
state-received-text = Your report has arrived and waits for a person of the area to read it.
state-in-review = Under review
state-in-review-text = A person of the area is working on your case.
state-waiting = We are waiting for you
state-waiting-text = The team has asked you something. Read the conversation and answer below.
state-resolved = Resolved
state-resolved-text = The team has reached an outcome. It is in the conversation.
state-closed = Closed
state-closed-text = The case is over. It will be erased when its retention time ends.

openings-title = Openings of your identity
openings-none-given = This report was made without personal data. There is nothing to open.
openings-empty = Nobody has opened your identity.
openings-text = Every time that somebody asked to see your personal data:
openings-disagree = The witness has counted a different number of openings from what this page shows. Keep the statement below and take it to the auditors or to the data protection authority.
outcome-requested = asked for, not opened yet
outcome-refused = refused: not opened
outcome-opened = opened, being checked
outcome-valid = opened: your data were confirmed
outcome-mismatch = opened: the data did not match
outcome-unreachable = opened: you could not be reached
statement-title = The witness’s signed statement
statement-text =
    { $count ->
        [0] As of { $date }, the witness has taken part in no opening of your identity.
        [one] As of { $date }, the witness has taken part in one opening of your identity.
       *[other] As of { $date }, the witness has taken part in { $count } openings of your identity.
    }
statement-none = The witness does not answer at the moment. Come back later to see its statement.
case-unreadable = This text could not be opened: it was changed.
case-message-invalid = Write a message of up to 10,000 characters.
case-message-closed = The case is closed: it takes no more messages.
case-exchanged = Warning: your sealed identity is not the one that you sent; somebody exchanged it. Tell the institution by another way and send no more data here.

files-none = This case has no files.
files-add = Add files
files-add-hint = We take hidden data out of them. The file's name will be seen: do not put your own name there.
files-send = Send these files
files-sent = Your files are kept with the case.
files-not-ready = Decide first what to do with each file.
files-other = The files have changed meanwhile. Look at the list, and send them again.
files-changed = This file was changed after it was sent. Do not trust it.
identity-erased = Your identity has been erased. Nobody can open it.

by-email-title = Shall we tell you by e-mail?
by-email-what = We will send you your case number now, and a notice without details whenever there is something new.
by-email-link = Whoever reads your mail, and the company that provides it, will know that you have a case here. Use an address that only you read, and not one of your work.
by-email-kept = The address is kept apart, sealed with a key that this server holds for sending notices. Whoever works on your case does not see it. It is erased when the case is closed or when you take it back.
by-email-label = Your e-mail
by-email-give = Tell me
by-email-given = We will tell you by e-mail. We do not show the address.
by-email-withdraw = Tell me no more
by-email-invalid = That does not look like an e-mail address. Check it: name, at sign and domain.
by-email-too-often = The address was changed several times today. Try again tomorrow.

own-identity-title = Your personal data
own-identity-hint = They are sealed: they cannot be shown here, not even to you.
own-identity-correct = Correct my data
own-identity-erase = Erase my identity
own-identity-whole = Write all your data again, also those that do not change. They are sealed anew, and the earlier ones stay sealed until the identity is erased.
own-identity-area = Whoever works on your case will not see the data, nor know that you corrected them. An identity officer will see them to validate them.
own-identity-optional = optional
own-identity-wrong = Something is missing or not valid. Look at what is marked; the rest is still here.
own-identity-send = Seal my data
own-identity-nothing = This case has no identity to correct or erase.
own-identity-closed = The case is closed: your data are corrected no more. You can still ask to have them erased.
own-identity-too-often = You have corrected your data several times today. Try again tomorrow.
own-identity-waits = You have asked already, and an officer will answer.
own-back = Back without changing anything
own-corrected = Your data are sealed. An identity officer will validate them.
own-correction-waits = Data corrected; they wait for validation
own-correction-made = Data corrected
own-erasure-title = Erase my identity
own-erasure-lives-on = Your case goes on: the story, the conversation and the files are not erased, and you can come back with your eight words.
own-erasure-nobody = Nobody will be able to validate any more that the case comes from a real person. That may weaken it.
own-erasure-for-good = There is no way back: all versions are erased, and the witness will refuse for ever to open them.
own-erasure-shared = What you chose to share with the area is not erased by this: it is in the case.
own-erasure-officer = An identity officer will do it. If they cannot, you will see why here.
own-erasure-send = Ask to have it erased
own-erasure-asked = Your request has reached the identity officers.
own-erasure-waits = You asked to have your identity erased; it waits for an officer
own-erasure-done = Identity erased as you asked
own-erasure-refused = Your identity was not erased
opening-of-earlier = earlier data
