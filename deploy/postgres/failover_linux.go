package postgres

import (
	"strings"
	"syscall"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h, which package syscall leaves out.
const tcpUserTimeout = 0x12

// giveUpSilent breaks a connection whose other end confirms nothing for silentWait. The system's own patience is a quarter of an hour.
func giveUpSilent(network, _ string, c syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var failed error
	if err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(silentWait.Milliseconds()))
	}); err != nil {
		return err
	}
	return failed
}
