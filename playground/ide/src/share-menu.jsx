// The menu in the toolbar that copies the operation as a link or as code.
import { ToolbarButton, ToolbarMenu, useGraphiQL } from '@graphiql/react';
import { ShareIcon } from './icons.jsx';
import { asCurl, asTypeScript, linkTo } from './links.js';
import { toast } from './toast.jsx';

const CHOICES = [
  { label: 'Copy link', make: linkTo, done: 'Link copied. It holds the operation and its variables, no headers.' },
  { label: 'Copy as curl', make: asCurl, done: 'Command copied. It reads the token from $CHARTROOM_TOKEN.' },
  { label: 'Copy as TypeScript fetch', make: asTypeScript, done: 'Code copied. It reads the token from CHARTROOM_TOKEN.' },
];

/** Button and menu. */
export function ShareMenu() {
  const { queryEditor, variableEditor, operationName } = useGraphiQL(({ queryEditor, variableEditor, operationName }) => ({ queryEditor, variableEditor, operationName }));

  async function copy({ make, done }) {
    const text = make({ query: queryEditor?.getValue() ?? '', variables: variableEditor?.getValue() ?? '', operationName });
    try {
      await navigator.clipboard.writeText(text);
      toast(done);
    } catch {
      toast('The browser does not let this page write to the clipboard.', 'error');
    }
  }

  return (
    <ToolbarMenu
      button={
        <ToolbarButton label="Share this operation">
          <ShareIcon className="graphiql-toolbar-icon" aria-hidden="true" />
        </ToolbarButton>
      }
    >
      {CHOICES.map((choice) => (
        <ToolbarMenu.Item key={choice.label} onSelect={() => copy(choice)}>
          {choice.label}
        </ToolbarMenu.Item>
      ))}
    </ToolbarMenu>
  );
}
