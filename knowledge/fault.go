package knowledge

import (
	"fmt"
	"strings"
)

// Fault is something wrong in what a person entered: the field, and the key of the phrase that says what. Only the edge translates it.
type Fault struct {
	Field string // «link», «text.bg.steps»
	Key   string // «fault.empty»
	Value string // what was found, where that helps
}

// Error is for logs and the terminal; people read the phrase of Key.
func (f *Fault) Error() string {
	if f.Value == "" {
		return f.Field + ": " + f.Key
	}
	return fmt.Sprintf("%s: %s: %q", f.Field, f.Key, f.Value)
}

// Faults are all the faults of one thing. errors.As finds the first *Fault, errors.As to *Faults all.
type Faults []*Fault

// Error lists them.
func (f Faults) Error() string {
	all := make([]string, len(f))
	for i, fault := range f {
		all[i] = fault.Error()
	}
	return strings.Join(all, "; ")
}

// Unwrap lets errors.As reach each.
func (f Faults) Unwrap() []error {
	all := make([]error, len(f))
	for i, fault := range f {
		all[i] = fault
	}
	return all
}
