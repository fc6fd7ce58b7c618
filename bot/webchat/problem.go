package webchat

import "errors"

var errNotFound = errors.New("not found")
