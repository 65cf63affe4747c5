// Runs before the first paint, so that a chosen theme does not flash the other one.
// A file of its own: the page's Content-Security-Policy allows no inline script.
try {
  const theme = localStorage.getItem('freshframe.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's theme it is.
}
