package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usage is cobra's own template in Bulgarian: the help that a command prints, and what stands under a wrong one.
const usage = `Употреба:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} КОМАНДА{{else}}{{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}

Команди:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Флагове:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

«{{.CommandPath}} КОМАНДА --help» казва повече за всяка команда.{{end}}
`

// speakBulgarian gives a command and all below it help and faults in Bulgarian; cobra has them in English only.
func speakBulgarian(c *cobra.Command) {
	c.InitDefaultHelpFlag()
	c.Flags().Lookup("help").Usage = "показва тази помощ"
	if c.Version != "" {
		c.InitDefaultVersionFlag()
		c.Flags().Lookup("version").Usage = "показва версията"
	}
	c.DisableFlagsInUseLine = true
	for _, child := range c.Commands() {
		speakBulgarian(child)
	}
	if c.HasParent() {
		return
	}
	c.SetUsageTemplate(usage)
	c.SetHelpCommand(&cobra.Command{Use: "help", Hidden: true, RunE: func(*cobra.Command, []string) error { return c.Help() }})
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return wrong(c, flagFault(err))
	})
}

// wrong is a fault of the command line, with the way to the help.
func wrong(c *cobra.Command, what string) error {
	return fmt.Errorf("%s; вижте «%s --help»", what, c.CommandPath())
}

// flagFault says what is wrong with a flag.
func flagFault(err error) string {
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		return "няма флаг --" + unknown.GetSpecifiedName()
	case errors.As(err, &bare):
		return "флагът --" + bare.GetSpecifiedName() + " иска стойност"
	}
	return "грешен флаг: " + err.Error()
}

// takes says which words a command wants after its name; the last may repeat where many is set.
func takes(many bool, names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return wrong(c, "липсва "+strings.Join(names[len(args):], " и "))
		case len(args) > len(names) && !many:
			return wrong(c, fmt.Sprintf("излишно е %q", args[len(names)]))
		}
		return nil
	}
}

// oneOf is for a command that only holds others.
func oneOf(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return c.Help()
	}
	return wrong(c, fmt.Sprintf("няма команда %q", args[0]))
}
