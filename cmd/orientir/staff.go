package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"orientir/bot/i18n"
	"orientir/handoff/staff"
)

func staffCommand(env func(string) string) *cobra.Command {
	parent := &cobra.Command{Use: "staff", Short: "Профили на екипа", Args: cobra.ArbitraryArgs, RunE: oneOf}
	var roles, libraries []string
	var municipality, name string
	var fromStdin bool
	add := &cobra.Command{
		Use:   "add --role РОЛЯ [--library ID]… [--municipality КОД] ИМЕЙЛ",
		Short: "Създава профил на библиотекар, ръководител, редактор или администратор",
		Long: `Създава профил. Ролите са librarian, supervisor, editor и admin; --role може да се повтаря.
Библиотекар без --library обслужва националната опашка. Паролата се пита, или се чете от стандартния вход.`,
		Args:    takes(false, "имейлът"),
		PreRunE: func(c *cobra.Command, _ []string) error { return checkRoles(c, roles) },
		RunE: withProgram(env, func(ctx context.Context, c *cobra.Command, p *Program, args []string) error {
			profile := staff.Profile{Email: args[0], Name: name, Libraries: libraries, Municipality: municipality}
			for _, r := range roles {
				profile.Roles = append(profile.Roles, staff.Role(r))
			}
			// A library that an account serves may be in the starter knowledge only.
			if _, err := p.store.LoadStarter(ctx); err != nil {
				return err
			}
			password, err := readPassword(c, fromStdin)
			if err != nil {
				return err
			}
			account, err := staff.NewStore(p.pool, staff.Options{}).Add(ctx, profile, password)
			var fault *staff.Fault
			switch {
			case errors.As(err, &fault) && fault.Key == "console.fault_libraries_unknown":
				return errors.New("няма библиотека с такъв код; кодовете са в първата колона на «orientir export help-points»")
			case errors.As(err, &fault):
				return errors.New(i18n.T("bg", fault.Key, fault.Args...))
			case err != nil:
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "Създаден е профил %s.\n", account.Email)
			return err
		}),
	}
	add.Flags().StringArrayVar(&roles, "role", nil, "librarian, supervisor, editor или admin")
	add.Flags().StringArrayVar(&libraries, "library", nil, "код на библиотека, която профилът обслужва; може да се повтаря")
	add.Flags().StringVar(&municipality, "municipality", "", "код или име на общината, до която е ограничен редактор, например VRC10")
	add.Flags().StringVar(&name, "name", "", "име, което колегите и хората виждат")
	add.Flags().BoolVar(&fromStdin, "password-stdin", false, "чете паролата от стандартния вход")
	reset := &cobra.Command{
		Use:   "reset-second-step ИМЕЙЛ",
		Short: "Изключва втората стъпка при вход на човек, който е изгубил телефона и резервните кодове",
		Long: `Изключва втората стъпка при вход. Човекът излиза отвсякъде и влиза само с парола. Същото прави администратор
на служебния сайт; тук е за последния администратор.`,
		Args: takes(false, "имейлът"),
		RunE: withProgram(env, func(ctx context.Context, c *cobra.Command, p *Program, args []string) error {
			err := staff.NewStore(p.pool, staff.Options{}).ResetSecondStepOf(ctx, args[0])
			switch {
			case errors.Is(err, staff.ErrNotFound):
				return fmt.Errorf("няма профил %s", args[0])
			case errors.Is(err, staff.ErrNoSecondStep):
				return fmt.Errorf("профилът %s няма втора стъпка", args[0])
			case err != nil:
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "Втората стъпка на %s е изключена.\n", args[0])
			return err
		}),
	}
	parent.AddCommand(add, reset)
	return parent
}

// checkRoles refuses what is no role before anything is started or asked.
func checkRoles(c *cobra.Command, roles []string) error {
	if len(roles) == 0 {
		return wrong(c, "липсва --role")
	}
	for _, r := range roles {
		if !slices.Contains(staff.Roles(), staff.Role(r)) {
			return wrong(c, fmt.Sprintf("няма роля %q; има librarian, supervisor, editor и admin", r))
		}
	}
	return nil
}

// readPassword asks twice on a terminal, or reads one line.
func readPassword(c *cobra.Command, fromStdin bool) (string, error) {
	if fromStdin {
		line, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", errors.Join(errors.New("на стандартния вход няма парола"), err)
		}
		return line, nil
	}
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		return "", errors.New("няма терминал, на който да попитам за паролата; ползвайте --password-stdin")
	}
	ask := func(words string) (string, error) {
		fmt.Fprint(c.ErrOrStderr(), words)
		raw, err := term.ReadPassword(fd)
		fmt.Fprintln(c.ErrOrStderr())
		return string(raw), err
	}
	password, err := ask("Парола: ")
	if err != nil {
		return "", err
	}
	again, err := ask("Още веднъж: ")
	if err != nil {
		return "", err
	}
	if password != again {
		return "", errors.New("двете пароли са различни")
	}
	return password, nil
}
