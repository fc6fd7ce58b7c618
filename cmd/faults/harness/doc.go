// Package harness runs the built program, two replicas of it, on PostgreSQL and Redis servers of its own and on doubles of Telegram and
// of a model's server, lets people and librarians use it, and hurts it meanwhile: processes are killed, servers hang, fill up or move,
// answers are lost, clocks step. It looks from outside, at what people are shown, and at the end at the counts in the database.
//
// It owns no table. cmd/faults and its own test call it. All its servers listen on the loopback or on unix sockets, and end with it.
package harness
