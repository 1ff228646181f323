"use strict";
// Before the first paint: the colours that were chosen here before, instead of the system's.
{
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
}
