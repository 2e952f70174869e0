# What `sigilo doctor` and the administrator's overview find.

health-reports = reports
health-database = database
health-roster = roster
health-cases = cases
health-log = log
health-clock = clock
health-rows = rows that grant something
health-witness = witness
health-jobs = jobs
health-files = file store
health-email = e-mail
health-whatsapp = whatsapp
health-disk-database = disk of database
health-disk-files = disk of files
health-disk-witness = disk of witness

health-on = on
health-off = off
health-reports-taken = are taken
health-reports-no-roster = are not taken: nobody has signed a roster yet. Run: sigilo roster propose, sigilo authority sign, sigilo roster publish
health-reports-no-room = are not begun: the disk is nearly full. Make room
health-reports-refused = are not taken: the roster is older than the one that the witness has seen, or the witness cannot be asked. Run: sigilo doctor
health-database-well = answers
health-roster-well = version { $version } is signed and covers every area
health-roster-foreign = names another witness or log than the key file. Run: sigilo roster propose, sigilo authority sign, sigilo roster publish
health-roster-officers = no identity can be opened: too few officers. Add them with `sigilo staff add`. Run: sigilo roster propose, sigilo authority sign, sigilo roster publish
health-roster-auditor = no auditor reads the log and the purposes of unseals. Add one with `sigilo staff add --role auditor`
health-roster-desk = its desk is { $desk }, the profile's { $profile }
health-roster-lacks = lacks areas to which the profile sends reports: { $areas }. Add a member of each with `sigilo staff add`, then propose, sign and publish a roster
health-roster-empty = nobody can read the reports of: { $areas }. Add a member of each
health-cases-alone = everybody in { $areas } is recused, so nobody may work on: { $cases }. Add a member to the area with `sigilo staff add --sponsor`
health-log-well = the witness has countersigned its { $entries } entries
health-log-soon = the witness countersigns its last entries within a minute
health-log-waits = its last entries have waited { $minutes } minutes for the witness. Start the server; if it runs, its own log says why
health-log-unplaced = entries have waited { $minutes } minutes for their place. Start the server; if it runs, its own log says why
health-log-empty = has no checkpoint. A running server signs one within a second
health-log-forged = the last countersignature does not verify. Run: sigilo audit verify
health-clock-well = not behind the log
health-clock-behind = the newest entry of the log lies { $seconds } seconds ahead. Set this machine's clock, and keep it set
health-rows-well = this program wrote them
health-rows-forged = this program did not write these rows, and they do not count: { $tables }. Somebody else writes to the database, or the key file is another one. Tell the auditors, change the passwords of the database, and run: sigilo audit verify
health-witness-well = answers; it named roster { $version }, { $minutes ->
    [0] less than a minute ago
    [one] a minute ago
   *[other] { $minutes } minutes ago
}
health-witness-away = does not answer: no identity can be opened, and within a day no report is taken any more. See that it runs
health-witness-foreign = somebody else answers in its place: the signature is not of the witness that the key file names. Run: sigilo doctor
health-witness-old = its statement is more than a day old. Check both clocks
health-witness-ahead = has seen roster { $version }, which the database lacks: somebody changed it, or it is an old copy. Run: sigilo doctor
health-jobs-well = all run; the last one { $seconds ->
    [0] just now
    [one] a second ago
   *[other] { $seconds } seconds ago
}
health-jobs-none = none has run yet since this server started
health-jobs-failed = “{ $job }” failed and is tried again. The server's own log says why
health-jobs-late = “{ $job }” has not run for { $minutes } minutes. Restart the server; its own log says why
health-files-folder = the folder takes files
health-files-bucket = the bucket lists
health-files-silent = the bucket does not answer. Check endpoint and region
health-files-no-bucket = there is no such bucket. Check [files.s3]
health-files-refused = the bucket refuses our access. Check [server.s3] of the key file, and that it may list, read, write and delete
health-files-wrong = the bucket does not answer as it must. Check [files.s3]: bucket, region, endpoint
health-files-full = the disk is full. Make room
health-files-closed = { $folder } takes no files: { $reason }. It must be a folder that the server's user may write to
health-files-gone = the folder is not there. Mount its disk; if there never was one, `sigilo serve` makes it
health-disk-room = { $megabytes } MB left
health-disk-little = { $megabytes } MB left, so no files are taken. Make room
health-disk-full = { $megabytes } MB left, so no report can be begun. Make room
health-disk-hidden = cannot be looked at: is the folder there?
