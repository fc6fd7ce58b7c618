// Package console is the one site of the staff, at /console/: the queue and the chats, ready answers, what people thought
// of the answers, editors' tasks, the supervisor's counts and transcripts, accounts, allowed hosts and the audit log. The editor of guides belongs here too.
//
// It owns no table. It may read those of every floor below: the chat and the feedback page join retrieval's answers with bot's feedback,
// a chat names knowledge's signposts, the people page lists knowledge's help points. Every change goes through staff.Store.Door. Only cmd calls it.
//
// Reading is recorded too where it is of conversations that are over and were somebody else's. The open queue is read once for all desks
// that show it (openqueue.go), and a claim is told as a small event before the list is drawn anew (stream.go).
//
// A page is a set of files with one base name: queue.go answers requests, queue.html is its template, queue.css and queue.js
// its look and its live part. Every page works without scripts. routes.go lists all of them and who may use them.
package console
