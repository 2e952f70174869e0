# The staff's side.

staff-nav = Sections
staff-sign-out = Sign out
staff-no-script = This part needs JavaScript: keys are used in your browser only.
role-analyst = Analyst
role-officer = Identity officer
role-auditor = Auditor
role-administrator = Administrator

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
inbox-late = overdue
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

desk-title = Identities
log-title = Log
overview-title = Overview

case-back = Back to the cases
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
desk-back = Back to the identities
desk-request = What the area asks
unseal-title = Open the identity
unseal-trace = It is written to the log and to the witness’s journal, and the reporter will see it with their receipt.
unseal-class = Class of reason
unseal-text = Reason
unseal-text-hint = The auditors and the witness will read it. Leave out the person’s data.
unseal-password = Your password
unseal-send = Ask and open
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
