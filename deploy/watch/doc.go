// Package watch is how an operator sees the program: figures that are read from the database when Prometheus asks, how jobs go,
// and how a message travels (traces). Beside it lie the dashboard, the alert rules and what checks them.
//
// It owns no table. Each floor says what it has to tell; cmd puts it together. What an operator sees never holds a person's words, names,
// addresses or a channel's ids.
package watch
