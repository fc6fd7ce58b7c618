package console

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func TestALibraryIsKeptOnAPhone(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	maria := b.librarian("maria")
	w := open(t)
	w.signIn(b, maria)
	w.do(chromedp.Navigate(b.URL + "/console/libraries"))
	w.reads("Вярно ли е още всичко?")
	w.accessible("library")

	// The hours of a usual week: Monday's are typed, the rest is tapped.
	w.do(chromedp.Navigate(b.URL + "/console/libraries/vratsa/hours"))
	w.is(`getComputedStyle(document.querySelector('#d0 .times')).display !== 'none' || document.querySelector('#unknown').checked`)
	w.do(chromedp.Evaluate[chromedp.Void](`(() => {
		const press = id => document.getElementById(id).click();
		if (document.getElementById('unknown').checked) press('unknown');
		press('d0-open');
		for (let n = 1; n < 5; n++) press('d' + n + '-monday');
		press('d5-closed'); press('d6-closed');
		document.getElementById('d0-from').value = '09:00'; document.getElementById('d0-to').value = '08:00';
	})()`))
	w.is(`getComputedStyle(document.querySelector('#d0 .times')).display !== 'none' && getComputedStyle(document.querySelector('#d1 .times')).display === 'none'`)
	w.do(chromedp.Click(`form.hours button`, chromedp.NodeVisible))
	w.reads("Затварянето в понеделник е преди отварянето.")
	w.is(`document.activeElement.classList.contains('summary')`)
	w.accessible("hours-wrong")
	w.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('d0-to').value = '17:30'; 0`), chromedp.Click(`form.hours button`, chromedp.NodeVisible))
	w.reads("Запазено. Хората вече го виждат.")

	w.do(chromedp.Navigate(b.URL + "/console/libraries/vratsa/days"))
	w.accessible("days")
	day := time.Now().AddDate(0, 0, 12).Format(time.DateOnly)
	w.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.getElementById('from').value = %q; document.getElementById('reason').value = 'ремонт'; 0`, day)),
		chromedp.Click(`form.hours button`, chromedp.NodeVisible))
	w.reads("Добавих: ")
	w.pictures("days-added")

	w.do(chromedp.Navigate(b.URL + "/console/libraries/vratsa/about"))
	w.accessible("about")
	w.do(chromedp.Navigate(b.URL + "/console/libraries/vratsa/trainings/new"))
	w.accessible("training-new")
	w.do(chromedp.SendKeys("#topic", "Да пишем имейл"), chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`document.getElementById('date').value = %q; document.getElementById('from').value = '10:00'; document.getElementById('to').value = '11:30'; document.getElementById('places').value = '8'; 0`, day)))
	w.do(chromedp.Click(`form[action$="/new"] button`, chromedp.NodeVisible))
	w.reads("„Да пишем имейл“ е добавено.")
	list, err := b.store.TrainingsAt(b.ctx, "vratsa", time.Now())
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	for i, name := range []string{"Мария", ""} {
		conversation, _ := b.person(fmt.Sprint("p", i), "въпрос")
		b.exec(`INSERT INTO training_signups (training, contact, name, revision, created_at) SELECT $1, contact, $3, 1, now() FROM conversations WHERE id = $2`,
			list[0].Number, conversation, name)
	}
	w.do(chromedp.Navigate(fmt.Sprintf("%s/console/libraries/vratsa/trainings/%d", b.URL, list[0].Number)),
		chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach(d => d.open = true)`))
	w.accessible("training")

	// Two at once: the second sees what the first saved, and what they typed is still there.
	w.do(chromedp.Navigate(b.URL + "/console/libraries/vratsa/hours"))
	w.is(`document.querySelector('#d0')`)
	ivan := b.as(b.librarian("ivan"))
	ivan.post("/console/libraries/vratsa/hours", hoursOf(ivan.get("/console/libraries/vratsa/hours").mark("mark"), "8:00", "16:00")...)
	w.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('d0-to').value = '18:00'; 0`), chromedp.Click(`form.hours button`, chromedp.NodeVisible))
	w.reads("Междувременно друг е запазил промяна")
	w.is(`document.getElementById('d0-to').value === '18:00'`)
	w.accessible("hours-conflict")

	w.do(chromedp.Navigate(b.URL+"/console/libraries/vratsa"), chromedp.Click(`form[action$="/confirm"] button`, chromedp.NodeVisible))
	w.reads("Всичко е потвърдено")
	w.pictures("library-confirmed")
}
