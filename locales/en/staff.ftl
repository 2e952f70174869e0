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
inbox-previous = Previous
inbox-next = Next

desk-title = Identities
log-title = Log
overview-title = Overview
