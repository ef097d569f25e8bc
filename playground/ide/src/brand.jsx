// The name in the top corner.
import { settings } from './settings.js';

/** Mark, name and version. */
export function Brand() {
  const icon = document.querySelector('link[rel="icon"]')?.href;
  return (
    <span className="cr-brand">
      <img src={icon} alt="" />
      {settings.product}
      <small>{settings.version}</small>
    </span>
  );
}
