// The public page of a guide: a button for printing, where scripts run. Without them the browser's own menu prints.
const button = document.getElementById('print');
button.hidden = false;
button.addEventListener('click', () => print());
