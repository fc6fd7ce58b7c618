// Package bot holds conversations: it takes what channels bring in, decides what to say, and delivers it.
//
// It owns contacts, conversations, messages, feedback and subscriptions. It reads the answers that retrieval recorded.
// Its channels (bot/telegram, bot/webchat) call it from below the edge, handoff from the human side, cmd wires it.
package bot
