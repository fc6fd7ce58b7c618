package main

import (
	"bufio"
	"fmt"

	"github.com/spf13/cobra"

	"orientir/knowledge/privacy"
)

// longestLine is the most bytes of one line that mask takes.
const longestLine = 1 << 20

func maskCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "mask",
		Short: "Скрива личните номера в редовете от стандартния вход",
		Args:  takes(false),
		RunE: func(c *cobra.Command, _ []string) error {
			lines := bufio.NewScanner(c.InOrStdin())
			lines.Buffer(nil, longestLine)
			out := bufio.NewWriter(c.OutOrStdout())
			for lines.Scan() {
				masked, _ := privacy.Mask(lines.Text())
				fmt.Fprintln(out, masked)
			}
			if err := out.Flush(); err != nil {
				return err
			}
			return lines.Err()
		},
	}
}
