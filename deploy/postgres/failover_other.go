//go:build !linux

package postgres

import "syscall"

// giveUpSilent does nothing: other systems have no such option, and keep-alive questions find out a few seconds later.
func giveUpSilent(_, _ string, _ syscall.RawConn) error { return nil }
