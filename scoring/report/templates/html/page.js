"use strict";
const all = () => document.querySelectorAll("details");
function reveal() {
  let place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let each = place; each; each = each.parentElement) if (each.localName === "details") each.open = true;
  if (place) place.scrollIntoView();
}
for (const button of document.querySelectorAll("button[data-open]")) {
  button.hidden = false;
  button.addEventListener("click", () => all().forEach(each => { each.open = button.dataset.open === "all"; }));
}
let before = [];
addEventListener("beforeprint", () => { before = [...all()].filter(each => !each.open); before.forEach(each => { each.open = true; }); });
addEventListener("afterprint", () => before.forEach(each => { each.open = false; }));
addEventListener("hashchange", reveal);
if (location.hash) reveal();
