# The staff's side.

staff-nav = Sections
staff-sign-out = Sign out
staff-no-script = This part needs JavaScript: keys are used in your browser only.
role-analyst = Analyst
role-officer = Identity officer
role-auditor = Auditor
role-administrator = Administrator
role-clerk = Counter clerk

sign-in-title = Sign in
sign-in-email = Institutional e-mail
sign-in-password = Password
sign-in-hint = It never leaves this browser: it opens your keys right here. This takes a few seconds.
sign-in-send = Sign in

inbox-title = Cases
inbox-overdue =
    { $count ->
        [0] None overdue
        [one] One case overdue
       *[other] { $count } cases overdue
    }
inbox-filter = Filter
inbox-empty = There are no cases with these filters.
inbox-number = Case
inbox-due = Due
inbox-unread = unread
inbox-state = State
inbox-kind = Kind and category
inbox-place = Place
inbox-area = Area
inbox-received = Received
inbox-pages = Pages
inbox-first = First page
inbox-all = All
inbox-category = Category
inbox-next = Next
inbox-overdue-many = More than 999 cases overdue
inbox-find = Case number
inbox-number-wrong = That is not a case number. One looks like this: 2026-K7Q2M9-4; its last sign is a check.
inbox-number-none = No case of your areas has that number.
inbox-state-open = Open
inbox-sort = Order
inbox-sort-deadline = Overdue first
inbox-sort-newest = Newest first
inbox-sort-oldest = Oldest first
inbox-further = More filters
inbox-verdict = Identity
inbox-verdict-none = No verdict
inbox-verdict-valid = Identity valid
inbox-verdict-mismatch = Identity does not match
inbox-verdict-unreachable = Person not reached
inbox-only-overdue = Overdue only
inbox-only-unread = Unread only
inbox-clear = Clear filters
inbox-unfinished = Searched as far as { $day }; there may be more.
inbox-continue = Search on
due-in = { $days ->
    [0] due today
    [one] due tomorrow
   *[other] due in { $days } days
}
due-ago = { $days ->
    [one] overdue since yesterday
   *[other] overdue for { $days } days
}

desk-title = Identities
log-title = Log
overview-title = Overview

case-back = Back to the cases
case-next = Next case
case-report = What was reported
case-message = Message to the reporter
case-message-hint = They will see it when they come back with their receipt. It is encrypted here before it is sent.
case-message-send = Send encrypted message
case-notes = Internal notes
case-note = New note
case-note-hint = Read by your area only.
case-note-send = Keep note
case-facets = Facts of the case
case-decide = Change state
case-reason = Reason

validation-title = Identity
validation-nothing = This report was made without personal data.
validation-not-asked = Sealed. You may ask the identity officer to validate it.
validation-asked = Validation has been asked for; it waits for the identity officer.
validation-valid = Validated: the person exists and confirmed their data.
validation-mismatch = The data do not match.
validation-unreachable = The person could not be reached.
validation-why = What is it needed for?
validation-ask = Ask for validation

desk-empty = Nobody waits for a validation.
desk-asked-on = Asked
desk-asked-by = By
desk-waiting = Validations asked for
desk-age = Waits
desk-days = { $days ->
    [0] today
    [one] { $days } day
   *[other] { $days } days
}
desk-undecided = Without a verdict
desk-opened-on = Opened
desk-search = Find
desk-search-number = Case number
desk-search-none = No case has this number. Check that it is complete; the last sign is a check.
desk-back = Back to the identities
desk-request = What the area asks
unseal-title = Open the identity
unseal-trace = It is written to the log and to the witness’s journal, and the reporter will see it with their receipt.
unseal-class = Class of reason
unseal-text = Reason
unseal-text-hint = The auditors and the witness will read it. Leave out the person’s data.
unseal-password = Your password
unseal-send = Ask and open
unseal-earlier = Earlier openings
unseal-nothing = This case has no sealed identity.
unseal-requested = Asked for; the witness has not answered yet
unseal-refused = The witness did not release it
unseal-undecided = Opened, without a verdict
unseal-not-fresh = Type your password again: more than ten minutes have passed.
unseal-clock = Your computer’s clock is more than ten minutes away from the server’s. Set it right and try again.
unseal-quorum = Opening this identity takes { $officers } officers, and signing among several is not available yet. Nothing was asked for.
unseal-no-share = This identity was sealed before you were an officer. Ask somebody who was one.
unseal-witness-away = The witness does not answer. What you asked for is written to the log; try again in a few minutes.
unseal-purpose = The witness does not accept the reason: it is empty or not the one that you signed.
unseal-erased = This identity was erased and can no longer be opened.
unseal-witness-refused = The witness did not release its part ({ $word }). It is written to the log; tell the administrators.
verdict-title = Verdict
verdict-text = Details of the checks
verdict-valid = Valid
verdict-mismatch = Mismatch
verdict-unreachable = Unreachable
verdict-send = Keep verdict
check-document = Document
check-phone = Phone
check-email = E-mail
check-outcome = Result
check-not-made = Not checked
check-yes = Confirmed
check-no = Not confirmed
check-day = Day

case-history = History
case-from-reporter = Reporter
event-validation-requested = Validation of the identity was asked for
facet-kind = Kind
facet-province = Province
facet-establishment = Establishment
facet-channel = Channel
facet-sealed-by = Encrypted in
channel-web = Web chat
channel-whatsapp = WhatsApp
channel-desk = Desk
sealed-by-server = The server
sealed-by-browser = The reporter's browser

overview-health = Health
overview-troubles =
    { $count ->
        [0] All that was looked at is well.
        [one] One thing needs attention.
       *[other] { $count } things need attention.
    }
overview-well = well
overview-think = to consider
overview-attention = attention
overview-roster = Signed roster
overview-no-roster = There is no signed roster yet: no reports are taken. The authority signs it with "sigilo authority sign".
overview-version = Version
overview-hash = Hash of the roster
overview-quorum = Officers that an opening takes
overview-people = Staff
overview-people-hint = Compare fingerprints in person or by phone before the roster is signed.
overview-name = Name
overview-role = Role
overview-areas = Areas
overview-fingerprint = Fingerprint of their key
overview-left = No longer works here
overview-signed = In the signed roster
overview-unsigned = Missing in the signed roster
overview-published = Published
overview-unsigned-changes =
    { $count ->
        [one] There is one change that the signed roster does not have yet. To sign it:
       *[other] There are { $count } changes that the signed roster does not have yet. To sign them:
    }
overview-nothing-to-sign = There are no changes to sign.
overview-since = Since
overview-signed-in = Last sign-in
overview-never = never
overview-differs = The signed roster says otherwise
overview-left-signed = No longer works here, and is still in the signed roster
overview-stranger = In the signed roster, and without an account here
overview-members = Members
overview-open = Open
overview-overdue = Overdue
overview-nobody = Nobody can read its reports
overview-unused = Not in use
overview-keys = Keys of the server
overview-keys-hint = Of secret keys only whether they are there.
overview-there = is there
overview-not-there = is not there
key-authority = Authority (fingerprint)
key-log = Log (fingerprint)
key-witness = Witness (fingerprint)
key-witness-recipient = Witness (recipient)
key-internal = Passwords, receipts, transit and notices
key-s3 = Access to the bucket
key-whatsapp = Access to WhatsApp
key-smtp = Access to the mail server
overview-key-version = Version of the key
overview-recipient = Sealed to

log-checkpoint = Last checkpoint: { $size } entries
log-cosigned = Countersigned by the witness
log-not-cosigned = Not yet countersigned by the witness
log-no-checkpoint = There are no signed checkpoints yet.
log-leaf = Entry
log-time = Time
log-actor = Who
log-act = Act
log-detail = Detail
log-waiting = waiting
log-signed = signed
actor-system = System
actor-nobody = Nobody
actor-authority = Authority
log-check = Complete verification
log-check-text = The server reads the whole log from its first entry and holds it against the signatures and the witness's journal. So as not to rely on the server, run "sigilo audit verify", or download proofs and verify them on another machine.
log-check-begin = Verify all of it now
log-check-look = See how far it is
log-check-running = Verifying: { $checked } of { $size } entries…
log-check-good = All good: { $size } entries, their signatures and the witness's journal.
log-check-unwitnessed = The witness has countersigned up to entry { $witnessed }; the others wait for it.
log-check-bad-entry = Not good. The first bad entry is { $entry }: { $what }.
log-check-bad-advice = Everything before it is as it was written. Change nothing: stop the server, keep the database and the witness's folder, and compare with the last backup that verifies.
log-check-failed = The last verification did not end: the witness did not answer, or the server stopped. That says nothing about the log; begin another.
log-entries = Entries
log-case = Case
log-from = From
log-to = To
log-group-all = { $group }: all
log-empty = No entry matches.
log-unknown-kind = There is no such act. Choose one of the list.
log-unknown-actor = There is no such person. Choose one of the list.
log-unknown-case = There is no case of this number. If it was erased, look for its id.
log-unknown-day = One of the dates does not exist. Write it like this: 2026-11-24.
log-unreadable = unreadable
log-entry-title = Entry { $leaf }
log-entry-back = Back to the log
log-entry-unreadable = This entry cannot be read: its bytes are not those of an entry. Run a complete verification.
log-id = Id
log-text = Sealed text
log-text-hint = It is opened in your browser, with your key, and held against the commitment in the entry.
log-text-none = You have no copy of this text: it was sealed to those who were auditors then.
log-signed-bytes = What was signed
log-proof = Proof
log-proof-download = Download the proof
log-proof-hint = It verifies on any machine: "sigilo audit verify --proof".
log-proof-none = Nothing shows yet that this entry is in the log: no countersigned checkpoint holds it, or not yet. Wait a minute; if it stays so, run a complete verification.
log-hash = Leaf hash (SHA-256)
log-later = Later entry
log-earlier = Earlier entry

log-group-access = Access
log-group-people = Staff and keys
log-group-cases = Cases
log-group-identities = Identities
log-group-system = Installation and log

act-instance-created = Created the installation
act-roster-published = Published a roster
act-staff-added = Added a member of staff
act-staff-signed-in = Signed in
act-staff-sign-in-failed = Failed sign-in
act-staff-signed-out = Signed out
act-access-denied = Access denied
act-area-key-made = Made an area's key
act-area-member-added = Gave an area's key to a member
act-case-opened = Opened a case
act-case-message = Wrote to the reporter
act-case-note = Wrote an internal note
act-case-state-changed = Changed a case's state
act-case-attachment = Sent a file
act-attachment-opened = Opened a file
act-case-erased = Erased a case
act-case-recused = Recused themselves from a case
act-validation-requested = Asked to validate an identity
act-manifests-covered = Covered identity seals
act-unseal-requested = Asked to unseal an identity
act-unseal-released = The witness released its half
act-unseal-refused = The witness refused
act-verdict-stated = Stated a verdict
act-identity-erased = Erased an identity
act-configuration-changed = Changed the configuration
act-log-restored = Restored the log
act-backup-taken = A backup was taken
act-database-moved = The database moved to PostgreSQL
act-log-verified = Verified the whole log

log-bad-edited = it is not the entry that was signed for
log-bad-stored-hash = its tree hash was changed; the entry itself is the one that was signed for
log-bad-differs = entry and tree hash do not belong together, and no checkpoint tells which of them was changed
log-bad-rewritten = it, or one after it, is not what the next checkpoint was signed for
log-bad-witness-disagrees = it, or one after it, is not what the witness saw
log-bad-missing = it is missing
log-bad-truncated = the log ends here, but had more entries
log-bad-checkpoint-forged = the checkpoint after it does not bear its signatures
log-bad-unreadable = it does not read as an entry
log-bad-repeated = an entry before it has the same id
log-bad-misfiled = it is listed under another case, act, actor or time than it names
log-bad-bad-signature = its signature does not verify
log-bad-unknown-signer = it is signed by somebody else than its actor, or by nobody in the roster
log-bad-roster-refused = the roster that it publishes does not verify or does not follow
log-bad-journal-differs = the witness's journal has another entry here
log-bad-not-in-journal = it tells of a release that the witness's journal does not have
log-bad-restore-forged = it tells of a restore that the authority did not sign for this place
log-bad-seal-exchanged = it covers a seal that is no longer there, or whose case names another reporter's key
log-bad-unsigned = it stands after the last signed checkpoint: the log never signed for it
log-bad-journal = The witness's journal is not that of this installation, or has lost lines.
state-waiting-staff = Waiting for the reporter

case-files = Files
case-files-none = There are no files.
case-file = Send files to the reporter
case-file-hint = They are encrypted in this browser. Their hidden data (author, dates, place) go as they are: clean them first.
case-file-send = Encrypt and send

filing-title = New report
filing-start-title = Report at the counter or by telephone
filing-notice = You see these data only while you type them. Afterwards you cannot open them. Do not write them down elsewhere.
filing-how-1 = Ask in the words on the screen, and type what the person tells you.
filing-how-2 = Read the agreement aloud. Without it nothing is kept.
filing-how-3 = Before sending, read the case to the person. Any answer can be changed.
filing-how-4 = When it is sent, eight words appear. Print or dictate them: they are for that person alone.
filing-start = Begin a report
filing-draft-waits = There is an unfinished report on this computer.
filing-go-on = Go on with the report
filing-discard = Discard this report
filing-discard-sure = Everything written in this report will be erased. Discard it?
filing-receipt-waits = The receipt of the last report has not been handed over.
filing-to-receipt = See the receipt
filing-handed-over = The receipt is shown no more, and did not stay on this computer.
filing-read-aloud = Read this aloud
filing-heard = The person has heard it and agrees
filing-unheard = Tick the box once the person has heard it and agrees.
filing-refuses = The person does not agree
filing-preview-lead = This is how the case will look to the analyst. Read it to the person: any answer can be changed before it is sent.
filing-before-sending = Ask the person whether they agree. Once it is sent, you cannot open this report any more.
filing-receipt-label = Receipt for the reporter
filing-receipt-notice = It is for the reporter alone. Print it, or dictate each word with its number and have it repeated. Do not copy or keep it.
filing-receipt-for = With these eight words you see how your case goes, answer questions, and learn whether anybody opened your identity. Go to
filing-receipt-keep = Keep the words where nobody else sees them. Nobody can show them to you again. The case number is no secret.
filing-print = Print
filing-receipt-saved = I have handed it over
filing-receipt-gone = It is erased when you say so, or by itself within 30 minutes. Also when you sign out.
settings-title = Settings
settings-saved = Saved.
settings-language = Language
settings-language-text = The language of your pages, your error messages and your summaries.
settings-digest = Summary by e-mail
settings-digest-text = It goes to { $email } on working days at 08:00, only if something waits for you. It holds numbers and a link to sign in, nothing of the cases.
settings-how-often = How often do you want it?
settings-never = Never
settings-daily = Every working day
settings-weekly = Every week, on the first working day
settings-save = Save
settings-keys = Keyboard
settings-keys-text = Single keys move through the cases and to what you write. The list, and how to switch them off in this browser, is here; outside a field, also under "?".
settings-keys-show = Show the shortcuts
settings-nothing = There are no summaries for your role: nothing waits for you in an inbox.
settings-no-mail = This server sends no e-mail.

recusal-title = Recusals
recusal-works-no-more = works on this case no more.
recusal-open = Recuse myself from this case
recusal-text = From then on you cannot see this case, and it cannot be undone. Your area sees that you recused yourself and reads why; nobody else does.
recusal-class = Reason
recusal-knows = I know somebody in the case
recusal-named = The case is about me or names me
recusal-other = Another reason
recusal-detail = Details (if needed)
recusal-sure = I understand that it cannot be undone
recusal-send = Recuse myself
