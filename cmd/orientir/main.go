// Command orientir is the whole program: the server, and the commands that work on the same data.
// It reads the environment, wires the floors together and owns no table.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(os.Getenv).ExecuteContext(ctx); err != nil {
		var exit *exitStatus
		if errors.As(err, &exit) {
			os.Exit(exit.code)
		}
		fmt.Fprintln(os.Stderr, "orientir: "+err.Error())
		os.Exit(1)
	}
}

// exitStatus ends the program with a status and no words: that of a child that it ran, or of a check that found something.
type exitStatus struct{ code int }

func (e *exitStatus) Error() string { return fmt.Sprintf("exit status %d", e.code) }

// command builds the root command over an environment, so that tests can bring their own.
func command(env func(string) string) *cobra.Command {
	root := &cobra.Command{
		Use:   "orientir",
		Short: "Ориентир помага на хората да намерят и да ползват електронните услуги в България",
		Long: `Ориентир отговаря къде и как се ползва електронна услуга – в уеб чат, в Telegram и на
терминала – показва най-близката библиотека и дава думата на библиотекар.

Настройките са променливи на средата; нито една не е задължителна:
` + environmentHelp,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE:          oneOf,
	}
	root.Version = versionWords()
	root.SetVersionTemplate("orientir {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		serveCommand(env), askCommand(env), evalCommand(env), checkCommand(env), importCommand(env), exportCommand(env),
		staffCommand(env), maskCommand(env), migrateCommand(env), forgottenCommand(env), withServersCommand(env), healthCommand(env),
	)
	speakBulgarian(root)
	return root
}

const environmentHelp = `
  DATABASE_URL              PostgreSQL 15 или по-нов с pgvector, може с няколко адреса; без нея програмата пуска свой
  ORIENTIR_SEARCH_DATABASE_URL  реплика на PostgreSQL само за четене, в която се търси; без нея се търси в DATABASE_URL
  REDIS_URL                 Redis, Valkey, Sentinel или Cluster; без нея програмата пуска свой
  ORIENTIR_DATA_DIR         къде са данните (като root: /var/lib/orientir)
  ORIENTIR_ADDR             къде слуша (:8080)
  ORIENTIR_PUBLIC_URL       как хората стигат до нас (http://localhost:8080)
  ORIENTIR_METRICS_ADDR     къде са метриките за Prometheus (127.0.0.1:9464)
  ORIENTIR_TRUSTED_PROXIES  мрежи на обратните проксита, чиито X-Forwarded-For важат
  ORIENTIR_EMBED_ORIGINS    сайтове, които може да вграждат чата, напр. https://www.example.bg
  ORIENTIR_RATE_LIMITS      on или off (on)
  ORIENTIR_LOG              text или json (text): дневникът на стандартната грешка
  ORIENTIR_LINK_CHECKS      on или off (on): пита ли адресите в упътванията веднъж седмично
  ORIENTIR_DRAIN            секунди (0), през които спиращ сървър още работи, а /readyz казва, че не е готов
  ORIENTIR_SECRET_KEY       ключ за телефоните, които хората оставят, и за втората стъпка при вход (openssl rand -base64 32); нужен с DATABASE_URL
  ORIENTIR_OIDC_ISSUER, ORIENTIR_OIDC_CLIENT_ID, ORIENTIR_OIDC_CLIENT_SECRET
                            служебен акаунт (OpenID Connect), с който екипът може да влиза
  ORIENTIR_OIDC_NAME        какво пише на бутона (Вход със служебен акаунт)
  ORIENTIR_OPERATOR, ORIENTIR_OPERATOR_CONTACT
                            кой отговаря за данните и как се стига до него; стои на /privacy
  ORIENTIR_KEEP_CONVERSATIONS, ORIENTIR_KEEP_QUESTIONS, ORIENTIR_KEEP_AUDIT
                            дни: разговори след последното съобщение (365), думи на въпроси към API (90), журнал (1095)
  SMTP_URL                  поща за екипа: smtp://потребител:парола@host:587?from=orientir@example.bg или smtps://; без нея поканите са връзки
  TELEGRAM_BOT_TOKEN        токен от BotFather; без него няма Telegram
  TELEGRAM_API_URL          друг сървър на Bot API
  TELEGRAM_WEBHOOK_SECRET   с него и https адрес: webhook вместо запитване
  OPENAI_API_KEY, OPENAI_BASE_URL, ORIENTIR_CHAT_MODEL, ORIENTIR_EMBEDDING_MODEL
                            модел по избор; без него отговорите са от упътванията
  ИМЕ_FILE                  файл с тайната вместо самата тайна: DATABASE_URL_FILE, ORIENTIR_SEARCH_DATABASE_URL_FILE, REDIS_URL_FILE, ORIENTIR_SECRET_KEY_FILE, SMTP_URL_FILE,
                            TELEGRAM_BOT_TOKEN_FILE, TELEGRAM_WEBHOOK_SECRET_FILE, OPENAI_API_KEY_FILE, ORIENTIR_OIDC_CLIENT_SECRET_FILE
`
