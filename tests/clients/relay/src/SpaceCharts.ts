// The charts of a space, page by page, and a new one that appears in the list. Relay refetches the
// fragment through `node(id:)` and asks that connections, edges and page info keep its rules.
import { graphql } from "react-relay";

export const fragment = graphql`
  fragment SpaceCharts_space on Space
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "ChartFilter" }
  )
  @refetchable(queryName: "SpaceChartsPaginationQuery") {
    name
    charts(first: $count, after: $cursor, filter: $filter, orderBy: [{ field: NAME }])
      @connection(key: "SpaceCharts_charts", filters: ["filter"]) {
      totalCount
      edges {
        node {
          id
          name
          kind
          updatedAt
          createdBy {
            fullName
          }
        }
      }
    }
  }
`;

export const query = graphql`
  query SpaceChartsQuery($id: ID!) {
    node(id: $id) {
      ...SpaceCharts_space
    }
  }
`;

export const mutation = graphql`
  mutation SpaceChartsCreateMutation($connections: [ID!]!, $input: CreateChartInput!) {
    createChart(input: $input) {
      chart @appendNode(connections: $connections, edgeTypeName: "ChartEdge") {
        id
        name
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`;

export const removal = graphql`
  mutation SpaceChartsDeleteMutation($connections: [ID!]!, $input: DeleteChartsInput!) {
    deleteCharts(input: $input) {
      deletedIds @deleteEdge(connections: $connections)
      userErrors {
        code
        message
      }
    }
  }
`;
