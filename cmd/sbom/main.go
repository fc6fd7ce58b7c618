// Command sbom writes the software bill of materials of a built Orientir, in CycloneDX 1.6 (JSON): each Go module that is in the program, with its
// version, hash and licence, and the programs that run beside it. It refuses a module whose licence is not on the list in licences.go, and so does
// ./deploy/test. Two builds of the same sources give the same file.
//
// It is a module of its own, so that the program doesn't carry what reads licences. ./deploy/sbom calls it; it owns no table.
package main

import (
	"debug/buildinfo"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/CycloneDX/cyclonedx-go"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom: "+err.Error())
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("sbom", flag.ContinueOnError)
	check := flags.Bool("check", false, "write nothing, only look at the licences")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("say which program: deploy/sbom [--check] [PROGRAM]")
	}
	info, err := buildinfo.ReadFile(flags.Arg(0))
	if err != nil {
		return fmt.Errorf("read the modules of %s: %w", flags.Arg(0), err)
	}
	modules, err := modulesOf(info)
	if err != nil {
		return err
	}
	if err := readLicences(modules); err != nil {
		return err
	}
	if err := allowed(modules); err != nil {
		return err
	}
	if *check {
		_, err := fmt.Fprintf(out, "%d modules, all under licences of the list\n", len(modules))
		return err
	}
	encoder := cyclonedx.NewBOMEncoder(out, cyclonedx.BOMFileFormatJSON).SetPretty(true)
	return encoder.EncodeVersion(bill(info, modules), cyclonedx.SpecVersion1_6)
}
