// Putting an operation into a tab.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useCallback } from 'react';

/** Gives a function that shows an operation: in the tab that has it already, else in a new one. */
export function useOpenTab() {
  const { addTab, changeTab, updateActiveTabValues } = useGraphiQLActions();
  const { tabs, activeTabIndex, queryEditor, variableEditor } = useGraphiQL(({ tabs, activeTabIndex, queryEditor, variableEditor }) => ({ tabs, activeTabIndex, queryEditor, variableEditor }));
  return useCallback(
    ({ query, variables = '' }) => {
      const found = tabs.findIndex((tab) => tab.query === query);
      if (found >= 0) {
        if (found !== activeTabIndex) changeTab(found);
      } else {
        addTab();
        queryEditor?.setValue(query);
      }
      variableEditor?.setValue(variables);
      updateActiveTabValues({ query, variables });
    },
    [tabs, activeTabIndex, queryEditor, variableEditor, addTab, changeTab, updateActiveTabValues],
  );
}
