// Package group is the desk on Telegram. It answers the codes by which members of the staff link their Telegram with their account.
// It owns no table; cmd wires it.
package group
