// Package telegram is the bot's channel on Telegram: updates in by webhook or polling, messages out.
//
// The poll loop and the webhook handler are ours: the library's own advance past an update, or answer 200, before it is
// stored, so a crash would lose it. Here an update is acknowledged after bot.Engine has stored it. Methods and types are
// the library's. It owns no table; cmd wires it. One replica polls at a time, by an advisory lock of the database.
package telegram
