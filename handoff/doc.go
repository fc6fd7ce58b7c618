// Package handoff is the human side: people who asked for a librarian wait here, a librarian takes the conversation
// over, and it goes back to the bot when they are done.
//
// A phone or an e-mail that a person leaves to be called back is sealed on the ticket (vault.go, contact.go): only the librarian who
// holds it sees it, and it is erased seven days after the ticket closes.
//
// Where a ticket waits is routing.go's to say, from who is at the desk and how much they hold (staffing.go), and the ticket tells why.
// Who counts as there, at the web desk or in a group on Telegram, is in presence.go.
// What the person hears before they wait, and how long people usually wait, is in waiting.go and estimate.go. Waiting is never silent and
// never a loop: a ticket that nobody takes is seen by the next ring, each queue once (reroute.go); after a minute and a half the person is
// offered other ways, once, and hears once more when the library closes for the day (untaken.go). Members of the staff are told by
// Telegram or mail where nobody has the desk open (notices.go, digest.go): each ticket once, one message in ten minutes, never at night.
// After a crash between sending and noting it one message may come twice.
//
// A ticket's life is a table of steps (machine.go), and the code goes by it: from which states a step may be made and by whom, who holds
// the conversation afterwards, which event is kept and what the person reads. A step is one transaction (move.go). A matter that is taken
// up again is a new ticket that knows the earlier one.
//
//	STEP       FROM              WHO MAY                    IF                    TO         WHO HOLDS  EVENT             THE PERSON READS
//	open       –                 the person                 –                     waiting    the bot    opened            –
//	reopen     –                 the person                 a librarian is there  claimed    named      reopened          notice_again
//	claim      waiting           who may see it             –                     claimed    actor      claimed           notice_claimed
//	reply      claimed           the holder, the second     –                     claimed    as before  –                 –
//	return     claimed           the holder                 a second              claimed    second     took-over         notice_passed
//	return     claimed           the holder                 –                     waiting    the bot    returned          notice_returned
//	gone       claimed           the program                –                     waiting    the bot    gone              notice_gone
//	ask        claimed           the holder                 nobody is asked       claimed    as before  asked             –
//	accept     claimed           who was asked              somebody is asked     claimed    actor      accepted          notice_passed
//	decline    claimed           who was asked, the holder  somebody is asked     claimed    as before  declined          –
//	lapse      claimed           the program                somebody is asked     claimed    as before  lapsed            –
//	send       claimed           the holder                 –                     waiting    the bot    sent              notice_sent
//	reroute    waiting           the program                –                     waiting    as before  rerouted          –
//	join       claimed           who may see it             no second             claimed    as before  joined            notice_joined
//	part       claimed           the second                 –                     claimed    as before  parted            notice_parted
//	take over  claimed           the second                 the holder is away    claimed    actor      took-over         notice_passed
//	note       waiting, claimed  who may see it             –                     as before  as before  noted             –
//	close      claimed           the holder                 –                     closed     the bot    closed            notice_closed
//	block      waiting, claimed  the holder, a supervisor   –                     closed     the bot    blocked blocked   notice_blocked
//	left       claimed           the program                –                     closed     the bot    closed left       notice_closed
//	withdraw   waiting, claimed  the person                 –                     closed     the bot    closed withdrawn  –
//	unstaffed  waiting           the program                –                     closed     the bot    closed unstaffed  notice_unstaffed
//	expire     waiting           the program                –                     closed     the bot    closed expired    notice_expired
//	rate       closed            the person                 not rated yet         as before  as before  rated             –
//
// What people could not find, rated badly or reported, and what closings said of the guides, is collected in the editors' work list, in groups of
// the same problem (worklist.go and the files that begin so): its items only point at what was said. Editors are told of drafts that wait for
// them in reviews.go, and of guides to read again and of broken addresses in editors.go.
//
// It owns tickets, ticket_event_kinds, ticket_events, ticket_notes, desk_blocks, guide_tasks, the problem tables of the work list, staff_notices, review_notices, library_reminders, guide_reminders, link_reminders and canned_answers. It reads
// bot's conversations, contacts and messages, knowledge's help_points, places, guides and their drafts, and handoff/staff's staff. The bot calls it as
// its Desk, its Callbacks and its Aftercare; handoff/console shows it to the staff, cmd runs it.
package handoff
