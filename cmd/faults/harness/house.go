package harness

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"orientir/bot/telegram/telegramtest"
	"orientir/retrieval/openai/openaitest"
)

// secret of the webhook, at which updates come a second time.
const secret = "faults"

// house is everything that runs.
type house struct {
	dir      string
	database *database
	redis    *process
	redisURL string
	replicas []*replica
	telegram *telegramtest.Server
	model    *openaitest.Server
	client   *http.Client
	log      *os.File

	mood      atomic.Pointer[mood]      // of Telegram
	says      atomic.Pointer[modelMood] // of the model
	chats     sync.Map                  // chat id → chan telegramtest.Sent
	questions []string
	unheard   func()       // told of each answer that is lost
	bites     atomic.Int64 // calls, lines and pieces that the fault of the moment hurt
}

// mood is how Telegram's server behaves: nil is well.
type mood struct {
	fault telegramtest.Fault
	oneIn int // calls to one that goes wrong; 0: none does
	mix   bool
}

type modelMood func(openaitest.Request) openaitest.Reply

// replica is one process of the program.
type replica struct {
	*process
	URL   string
	clock string // file that holds its clock's offset
}

func newHouse(ctx context.Context, o Options, from files) (_ *house, err error) {
	h := &house{dir: o.Dir, client: &http.Client{Timeout: 25 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}, questions: from.Questions}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	if h.log, err = os.Create(filepath.Join(o.Dir, "log")); err != nil {
		return nil, err
	}
	if h.database, err = newDatabase(o.Dir, from, h.log, func() { h.bites.Add(1) }); err != nil {
		return nil, err
	}
	if err = h.startRedis(); err != nil {
		return nil, err
	}
	h.telegram = telegramtest.Start(telegramtest.Options{Faults: h.telegramFault, Batch: h.mixed, OnSent: h.sent})
	h.model = openaitest.Start(h.modelReply, func(error) {})
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	for i := range o.Replicas {
		r, err := h.newReplica(i, o.Binary, base64.StdEncoding.EncodeToString(key))
		if err != nil {
			return nil, err
		}
		h.replicas = append(h.replicas, r)
	}
	return h, h.awaitReady(ctx, 2*time.Minute)
}

func (h *house) startRedis() error {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		if program, err = exec.LookPath("valkey-server"); err != nil {
			return err
		}
	}
	socket := filepath.Join(h.dir, "redis.sock")
	h.redisURL = "unix://" + socket
	h.redis = keep("redis", h.log, func() *exec.Cmd {
		cmd := exec.Command(program, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", h.dir, "--loglevel", "warning")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		return cmd
	})
	return nil
}

func (h *house) newReplica(n int, binary, key string) (*replica, error) {
	addrs := [2]string{}
	for i := range addrs {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		addrs[i] = l.Addr().String()
		l.Close()
	}
	dir := filepath.Join(h.dir, "replica"+strconv.Itoa(n))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	r := &replica{URL: "http://" + addrs[0], clock: filepath.Join(dir, "clock-offset")}
	r.process = keep("orientir", h.log, func() *exec.Cmd {
		cmd := exec.Command(binary, "serve")
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "DATABASE_URL=" + h.database.url(), "REDIS_URL=" + h.redisURL, "ORIENTIR_DATA_DIR=" + dir, "ORIENTIR_ADDR=" + addrs[0],
			"ORIENTIR_METRICS_ADDR=" + addrs[1], "ORIENTIR_PUBLIC_URL=" + r.URL, "ORIENTIR_LINK_CHECKS=off", "ORIENTIR_RATE_LIMITS=off", "ORIENTIR_SECRET_KEY=" + key,
			"TELEGRAM_BOT_TOKEN=" + h.telegram.Token, "TELEGRAM_API_URL=" + h.telegram.URL, "TELEGRAM_WEBHOOK_SECRET=" + secret,
			"OPENAI_BASE_URL=" + h.model.URL, "OPENAI_API_KEY=key", "ORIENTIR_CHAT_MODEL=m", "ORIENTIR_MODEL_TOKENS_PER_CONTACT=0", "ORIENTIR_MODEL_TOKENS_PER_DAY=0",
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		return cmd
	})
	return r, nil
}

// any is a replica at random, as a balancer without memory picks.
func (h *house) any() *replica { return h.replicas[mrand.IntN(len(h.replicas))] }

// ready says whether every replica is.
func (h *house) ready(ctx context.Context) bool {
	for _, r := range h.replicas {
		if status, _ := h.get(ctx, r.URL+"/readyz", 3*time.Second); status != http.StatusOK {
			return false
		}
	}
	return true
}

func (h *house) get(ctx context.Context, address string, patience time.Duration) (status int, body string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, ""
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(text)
}

func (h *house) awaitReady(ctx context.Context, patience time.Duration) error {
	for end := time.Now().Add(patience); ; {
		if h.ready(ctx) {
			return nil
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return fmt.Errorf("not ready after %v; the log is %s", patience, h.log.Name())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// sent hands what a chat got to the person.
func (h *house) sent(m telegramtest.Sent) {
	if to, ok := h.chats.Load(m.Chat); ok {
		to.(chan telegramtest.Sent) <- m // far wider than anybody is sent while they don't look
	}
}

func (h *house) telegramFault(method string, call int) (telegramtest.Fault, bool) {
	m := h.mood.Load()
	if m == nil || m.oneIn == 0 || mrand.IntN(m.oneIn) != 0 {
		return telegramtest.Fault{}, false
	}
	f := m.fault
	if f.Carry && !strings.HasPrefix(method, "send") {
		return f, false
	}
	if f.Carry && h.unheard != nil {
		h.unheard()
	}
	h.bites.Add(1)
	return f, true
}

// mixed gives updates again, and in any order.
func (h *house) mixed(updates []map[string]any) []map[string]any {
	m := h.mood.Load()
	if m == nil || !m.mix {
		return updates
	}
	if len(updates) > 0 {
		h.bites.Add(1)
	}
	again := append(append([]map[string]any{}, updates...), updates...)
	mrand.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
	return again
}

func (h *house) modelReply(r openaitest.Request) openaitest.Reply {
	if says := h.says.Load(); says != nil {
		h.bites.Add(1)
		return (*says)(r)
	}
	return wellSaid(r)
}

// wellSaid is what a good model says.
func wellSaid(r openaitest.Request) openaitest.Reply {
	if r.Use == "write" {
		return openaitest.Says(openaitest.Faithful(r))
	}
	return openaitest.Says(`{"language":"bg","answers":false,"sentences":[],"subject":"","place":"","audience":"","field":""}`)
}

func (h *house) close() error {
	var all sync.WaitGroup
	for _, r := range h.replicas {
		all.Go(func() { r.stop(syscall.SIGTERM, 15*time.Second) })
	}
	all.Wait()
	var err error
	if h.redis != nil {
		h.redis.stop(syscall.SIGTERM, 5*time.Second)
	}
	if h.database != nil {
		err = h.database.close()
	}
	if h.telegram != nil {
		h.telegram.Close()
	}
	if h.model != nil {
		h.model.Close()
	}
	if h.log != nil {
		err = errors.Join(err, h.log.Close())
	}
	return err
}
