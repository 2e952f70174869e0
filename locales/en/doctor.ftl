# What only `sigilo doctor` finds: configuration, keys, the witness's folder, the database.

doctor-configuration = configuration
doctor-public-url = public_url
doctor-proxies = proxies
doctor-certificate = certificate
doctor-listen = listen
doctor-internal = internal listener
doctor-profile = profile
doctor-server-keys = server's key file
doctor-witness-keys = witness's key file
doctor-keys = key files
doctor-authority = authority
doctor-scratch = scratch folder
doctor-witness-folder = witness's folder
doctor-installation = installation

doctor-nothing-fails = Nothing fails; { $warnings } to think about.
doctor-some-fail = { $failures } failed and { $warnings } to think about. Mend the first, and run it again

doctor-reads = reads
doctor-configuration-gone = { $reason }. Name another with --config
doctor-configuration-wrong = { $reason }. Mend that line; docs/CONFIGURATION.md explains each key
doctor-public-url-https = https
doctor-public-url-local = this machine only, to try it
doctor-public-url-onion = an onion address
doctor-public-url-plain = plain HTTP: browsers refuse its cookies and keys. Put TLS before the server and write https://
doctor-proxies-unnamed = none is named, and the server listens beyond this machine. If a proxy stands before it, name its address in [server] trusted_proxies: else all visitors count as one
doctor-certificate-whole = and key belong together
doctor-certificate-wrong = { $reason }. Put both files in their place. A running server goes on with the old one, and starts no more
doctor-certificate-strange = cannot be read for how long it is valid. Ask the certificate authority for another
doctor-certificate-early = is not valid yet. Set this machine's clock, or use the one before until then
doctor-certificate-over = ended { $days ->
    [0] today
    [one] yesterday
   *[other] { $days } days ago
}: browsers show no page. Renew it; the server takes the new one within a minute
doctor-certificate-soon = ends { $days ->
    [0] today
    [one] tomorrow
   *[other] in { $days } days
}. Renew it, and find out why that did not happen by itself
doctor-certificate-days = valid for { $days } days more
doctor-certificate-other-host = does not name { $host }, so browsers refuse it. Get one for that name, or mend public_url
doctor-certificate-proxy = does not name { $host }. That is well if the proxy before the server shows another certificate; else get one for that name
doctor-certificate-plain = [server.tls] is set, but public_url does not begin with https://. Write it so
doctor-listen-any = { $address }: any free port
doctor-listen-free = { $address } is free for `sigilo serve`
doctor-listen-answers = { $address } answers
doctor-listen-unit = { $address }: only root and the service's unit may use this port, so it was not tried
doctor-listen-taken = another program has { $address }, so `sigilo serve` does not start. Stop that program (ss -ltnp shows it), or choose another in listen
doctor-listen-silent = { $address } does not answer, though `sigilo` is running. If the service has just been started, run this again; if it stays, another program has that address: choose another in listen
doctor-listen-elsewhere = nobody can listen on { $address }: { $reason }. Write an address of this machine into listen
doctor-internal-off = off
doctor-internal-answers = { $address } answers, and on this machine only
doctor-internal-free = { $address }, on this machine only
doctor-internal-network = { $address } is reached from the network. Let the firewall admit only the machine that measures
doctor-internal-public = { $address } is a public address: anybody can read how much is reported and how the server is. Write an address of this machine (127.0.0.1:9464) or of the inner network into [server] internal
doctor-internal-silent = { $address } does not answer, though the server runs. Restart it; if it stays, another program has that address: choose another in [server] internal
doctor-internal-taken = another program has { $address }, so `sigilo serve` does not start. Choose another in [server] internal
doctor-internal-elsewhere = nobody can listen on { $address }: { $reason }. Write an address of this machine into [server] internal
doctor-profile-wrong = { $reason }. Mend the profile; profiles/iess.toml is one to go by
doctor-keys-wrong = { $reason }. If it is lost, look where its copy is kept
doctor-keys-together = belong together
doctor-keys-apart = the server's and the witness's do not belong together ({ $fields } differ). Both come from one `sigilo keys new`: find those that were made together
doctor-authority-away = its key does not lie beside the others
doctor-authority-handed = the key files are handed over: whether its key lies beside them shows only in their own folder
doctor-authority-here = authority.toml lies beside the other key files. Move it to where the server never looks
doctor-files-no-keys = [files.s3] needs [server.s3] in the key file. keys.example explains it
doctor-scratch-takes = takes files
doctor-scratch-closed = { $folder } takes no files: { $reason }. Mend [files] scratch
doctor-whatsapp-no-keys = [whatsapp] needs [server.whatsapp] in the key file. keys.example explains it
doctor-whatsapp-empty = { $fields } of [server.whatsapp] is empty. Meta's pages show it, keys.example explains it
doctor-whatsapp-news = on; people who wish for it are told of news
doctor-whatsapp-no-news = on; people are not told of news: there is no news_template
doctor-email-anonymous = on, without signing in: there is no [server.smtp] in the key file
doctor-email-from = from is no sender. Write it like "Sigilo <no-responder@iess.example>"
doctor-email-unprotected = encryption = "none" goes only to this very machine. Use "tls" or "starttls"
doctor-email-host = TLS cannot be set up for this host. Check its name
doctor-witness-beside = runs beside the server: whoever takes over this machine has its key and, with an officer's keys, opens identities without a trace that lasts (SECURITY.md, rows 3 and 7). Stolen copies of the database stay closed
doctor-witness-opens = opens
doctor-witness-in-use = cannot be opened while the server runs, which checked it when it started
doctor-witness-closed = { $reason }. Bring the folder back from its copy, as it was; if it is lost for good: sigilo restore --new-witness
doctor-database-well = answers, and has this program's schema
doctor-database-gone = { $reason }. Check `database`, and that it runs; `sigilo init` makes a new one
doctor-database-other = { $reason }. Use the program that brought it there, or a newer one
doctor-database-failed = { $reason }. Run it again; if it stays, restore a backup
doctor-installation-ours = the database is the key file's
doctor-installation-empty = the database is empty. Run: sigilo init
doctor-installation-other = the database belongs to another instance than the key file. Check `database` and `keys`
doctor-roster-broken = { $reason }. No report is taken meanwhile: restore the database, and tell the authority
doctor-roster-gone = is gone; the witness has seen version { $seen }. Somebody changed the database, or it is an old copy. Find the newer one, or restore a backup
doctor-roster-none = nobody has signed one yet, so no report is taken. Run: sigilo roster propose, sigilo authority sign, sigilo roster publish
doctor-roster-back = was rolled back to version { $version }; the witness has seen { $seen }. Somebody changed the database, or it is an old copy. Find the newer one, or restore a backup
doctor-log-cut = the witness has seen { $seen } entries, and { $size } are there: somebody cut it, or the database is an old copy. Run: sigilo audit verify
