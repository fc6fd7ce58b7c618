package console

import (
	"context"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"orientir/handoff/staff"
)

// watched counts the desktop notices that the page raises, and lets a test say whether somebody looks at the tab.
const watched = `(() => {
	window.notices = [];
	window.Notification = class extends Notification {
		constructor(words, options) { super(words, options); window.notices.push(words + '|' + options.tag); }
	};
	window.away = on => {
		Object.defineProperty(document, 'hidden', { configurable: true, get: () => on });
		document.dispatchEvent(new Event('visibilitychange'));
	};
})()`

func TestAHiddenTabRaisesANotice(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	maria := b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	w := open(t)
	w.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{
			Permission: &cdpbrowser.PermissionDescriptor{Name: "notifications"}, Setting: cdpbrowser.PermissionSettingGranted, Origin: b.URL,
			BrowserContextID: chromedp.FromContext(w.context).BrowserContextID})
		return err
	}))
	w.signIn(b, maria)
	w.is(`document.getElementById('notify') && !document.getElementById('alerts').hidden`)
	w.do(chromedp.Evaluate[chromedp.Void](watched), chromedp.Click("#notify", chromedp.NodeVisible))
	w.is(`document.getElementById('notify').getAttribute('aria-pressed') === 'true'`)

	// Who looks at the queue sees it there.
	b.person("p", "трябва ми съдебно")
	b.site.Redis.Publish(b.ctx, "queue", "")
	w.reads("трябва ми съдебно")
	w.is(`document.getElementById('said').textContent !== '' && notices.length === 0`)

	// Who looks elsewhere is called, without a word of what was written.
	w.do(chromedp.Evaluate[chromedp.Void](`away(true)`))
	b.person("q", "имам ли глоби")
	b.site.Redis.Publish(b.ctx, "queue", "")
	w.is(`notices.length === 1`)
	if got := w.text(`notices.join()`); got != "Нов човек чака в опашката.|queue" {
		t.Errorf("the notice says %q", got)
	}

	// Switched off again, it is silent.
	w.do(chromedp.Evaluate[chromedp.Void](`away(false)`), chromedp.Click("#notify", chromedp.NodeVisible))
	w.is(`document.getElementById('notify').getAttribute('aria-pressed') === 'false'`)
	w.do(chromedp.Evaluate[chromedp.Void](`away(true)`))
	b.person("r", "къде е библиотеката")
	b.site.Redis.Publish(b.ctx, "queue", "")
	w.reads("къде е библиотеката")

	// Switched on once more, it calls for who comes next: so there is one notice for the second and the fourth, and none between.
	w.do(chromedp.Evaluate[chromedp.Void](`away(false)`), chromedp.Click("#notify", chromedp.NodeVisible))
	w.is(`document.getElementById('notify').getAttribute('aria-pressed') === 'true'`)
	w.do(chromedp.Evaluate[chromedp.Void](`away(true)`))
	b.person("s", "кога отваряте")
	b.site.Redis.Publish(b.ctx, "queue", "")
	w.reads("кога отваряте")
	w.is(`notices.length === 2`)
}
