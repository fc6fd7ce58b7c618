package webchat

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5"
)

// readOnly makes the database one that only reads, as one that was failed over from, or that is being cared for; or ends that.
func (b *bundle) readOnly(t *testing.T, on string) {
	t.Helper()
	conn, err := b.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.pool.Reset() // whoever comes next is told
	defer conn.Release()
	var name string
	if err := conn.QueryRow(t.Context(), `SELECT current_database()`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{`SET default_transaction_read_only = off`, `ALTER DATABASE ` + pgx.Identifier{name}.Sanitize() + ` SET default_transaction_read_only = ` + on} {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

// Who asks while the database can't take it is told whose trouble it is, and is answered without a tap once it can.
func TestThePageAsksAgainOnceTheDatabaseIsWell(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := open(t, 360, 740)
	w.do(chromedp.Navigate(b.URL + "/"))
	w.is(`document.getElementById('chat').dataset.ready === 'yes'`)
	b.readOnly(t, "on")
	w.do(chromedp.SendKeys("#question", "съдебно"+kb.Enter))
	w.is(`document.querySelector('.unsent')?.innerText.includes('Затруднението е при нас')`)
	w.axe("a question that isn't sent")
	b.readOnly(t, "off")
	w.is(`document.querySelectorAll('.from-person').length === 1 && document.querySelectorAll('.from-bot .card').length === 1 && !document.querySelector('.unsent')`)
}
