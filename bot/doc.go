// Package bot holds conversations: it takes what channels bring in, decides what to say, and delivers it.
//
// A message goes through it file by file: receive.go masks and stores it, work.go leases its conversation, step.go makes one step
// of it (dialog.go, pure, says the move; perform.go does what the move needs), and deliver.go sends what was said.
// The transcript is the outbox: an outgoing row of messages waits there until it has been delivered or refused for good.
// A crash loses nothing and answers nothing twice; between sending a message and noting so it may repeat that one message.
//
// Who has signed up for a library's training stands here too (signup.go): trainingjob.go reminds them, tells them of changes, and
// forgets them a week after.
//
// News reaches who asked for it (subscription.go) through broadcast.go: recipients have rows of their own, and answers go before them.
//
// Who agrees to it is asked once, some days after an answer that helped, what became of it (aftermath.go, aftermathjob.go).
//
// What is kept of a person they see and take along with mydata.go, and erase with forget.go.
//
// It owns contacts, forgotten (who was, for backups: forgotten.go), conversations, the codes that take one to another device and the tries at them (code_tries), messages, feedback, aftermaths, training_signups, subscriptions, broadcasts and broadcast_recipients. It reads guides, places, help points, trainings and news through
// knowledge, and its feedback refers to the answers that retrieval recorded.
// Its channels (bot/telegram, bot/webchat) call it from below the edge, handoff from the human side, cmd wires it.
package bot
